/**
 * @file `npm run models`: lists, adds, checks, mends and removes the models that the command line's browser profile
 * keeps, through the same page as everything else.
 */
import { isAppError, isCancelled } from '../src/error.ts';
import { runCommand } from './headless/command.ts';
import { openSession } from './headless/session.ts';
import { HELP, parseArguments } from './models/arguments.ts';
import { Task } from './models/task.ts';

await runCommand(async (command) => {
  const order = parseArguments(command.words, command.folder);
  if (order.kind === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const acceptsLicence = order.kind === 'add' && order.acceptsLicence;
  const { profile } = order;
  const session = await openSession(command, { profile, acceptsLicence, needsProfile: true });
  const work = command.unlessStopped(new Task(command, session).run(order));
  const { result, text, failure } = await work.catch((error: unknown) => {
    if (isCancelled(error) && order.kind === 'add')
      command.note('paused; the same command goes on where it was');
    if (isAppError(error) && error.code === 'store/source-needed')
      command.note('--source names where the files are now');
    throw error;
  });
  command.printer.end();
  process.stdout.write(`${order.json ? JSON.stringify(result) : text}\n`);
  if (failure) throw failure;
});
