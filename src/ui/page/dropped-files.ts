/** @file The files of a drop, folders walked through. Nothing is read; they stay where they lie. */

/** What is dropped, to be called before the event ends; the files come later, each under its path. */
export function droppedFiles({ items }: DataTransfer): Promise<File[]> {
  // Items are gone once the event is over, entries and files are not.
  const roots = Array.from(items).flatMap((item) => {
    if (item.kind !== 'file') return [];
    const entry = item.webkitGetAsEntry();
    const file = entry ? null : item.getAsFile();
    return [entry ?? file].filter((root) => root !== null);
  });
  const files = roots.map((root) => (root instanceof File ? Promise.resolve([root]) : walk(root)));
  return Promise.all(files).then((found) => found.flat());
}

async function walk(entry: FileSystemEntry): Promise<File[]> {
  if (isDirectory(entry)) {
    const files: File[] = [];
    for (const inner of await readDirectory(entry)) files.push(...(await walk(inner)));
    return files;
  }
  const file = await new Promise<File>((resolve, reject) =>
    (entry as FileSystemFileEntry).file(resolve, reject),
  );
  const path = entry.fullPath.replace(/^\//, '');
  if (path === file.name) return [file];
  // The path of a dropped file gets lost on its way to a worker, unlike its name.
  return [new File([file], path, { lastModified: file.lastModified })];
}

/** All entries of a folder; browsers hand them out a hundred at a time. */
async function readDirectory(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return entries;
    entries.push(...some);
  }
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
