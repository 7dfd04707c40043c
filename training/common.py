"""What every training script needs: paths, a resumable run, an exponential average of the weights.

A run is a folder of its own under training/runs (not in the repository). Its checkpoint holds everything that a
restart needs, its weights file what others need of it; both are replaced in one step, so that a run cut at any moment
goes on from its last minutes.
"""

import copy
import hashlib
import math
import os
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

ROOT = Path(__file__).parent
RUNS = ROOT / "runs"
CACHE = ROOT / ".cache"
SEED = 20261
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
ONEDNN = torch.backends.mkldnn.is_available()
BF16 = DEVICE.type != "cpu" or (ONEDNN and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def mixed() -> torch.autocast:
    """Matrix products in bfloat16, everything that has to be exact in float32.

    All of it in float32 on a processor without bfloat16: there the products are some sixty times slower than in float32.
    """
    return torch.autocast(DEVICE.type, torch.bfloat16, enabled=BF16)


def save_array(file: Path, array: np.ndarray) -> None:
    """Writes `array` in one step, its folder too: other processes may want the same file meanwhile."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.{os.getpid()}.partial")
    with open(partial, "wb") as stream:
        np.save(stream, array)
    os.replace(partial, file)


def digest(*files: Path) -> str:
    """A short name of what the files hold, for what is computed from them and kept."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


class Ema:
    """Exponential average of a module's parameters; the decay warms up so that early weights are forgotten."""

    def __init__(self, module: torch.nn.Module, decay: float = 0.999):
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, module: torch.nn.Module) -> None:
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        average, current = list(self.module.parameters()), list(module.parameters())
        torch._foreach_lerp_(average, [p.detach() for p in current], 1 - decay)

    def state_dict(self):
        return {"updates": self.updates, "weights": self.module.state_dict()}

    def load_state_dict(self, state):
        self.updates = state["updates"]
        self.module.load_state_dict(state["weights"])


def weights_file(run: str) -> Path:
    """The averaged weights of a run, by their names in its network."""
    return RUNS / run / "weights.safetensors"


def checkpoint_file(run: str) -> Path:
    """Everything that a run goes on from."""
    return RUNS / run / "checkpoint.pt"


def refuse_begun(run: str, flag: str) -> None:
    """Ends a script that is told where to begin a run that has begun already."""
    if checkpoint_file(run).exists():
        sys.exit(
            f"The run {run} has begun already: leave out {flag} to go on with it, "
            f"or give another --name or remove {RUNS / run} to begin anew."
        )


def kept_beginning(run: str, start: str) -> str:
    """The weights that a run begins with, as a run of their own; taken from the run `start` where it has not begun yet."""
    beginning = f"{run}/beginning"
    if not checkpoint_file(run).exists():
        weights_file(beginning).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(weights_file(start), weights_file(beginning))
    return beginning


class Run:
    """A run's clock, log and checkpoint. `parts` are named objects with state_dict and load_state_dict."""

    def __init__(self, name: str, ema: Ema, **parts):
        self.folder = RUNS / name
        self._file = checkpoint_file(name)
        self._weights, self._ema = weights_file(name), ema
        if self._weights.exists() and not self._file.exists():
            sys.exit(f"{self._weights} was restored from a model folder: remove {self.folder} to train these weights anew.")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.parts = {"ema": ema, **parts}
        self.step = 0
        self.seconds = 0.0
        self._saved = self._ticked = time.monotonic()
        if self._file.exists():
            state = torch.load(self._file, map_location=DEVICE, weights_only=True)
            self.step, self.seconds = state["step"], state["seconds"]
            for key, part in self.parts.items():
                part.load_state_dict(state[key])
            self.log(f"resumed at step {self.step}")

    def tick(self, save_every: float = 180) -> None:
        """Counts a finished step and its time; saves now and then."""
        now = time.monotonic()
        self.step += 1
        self.seconds += now - self._ticked
        self._ticked = now
        if now - self._saved > save_every:
            self.save()

    def save(self) -> None:
        state = {key: part.state_dict() for key, part in self.parts.items()}
        partial = self._file.with_suffix(".partial")
        torch.save({"step": self.step, "seconds": self.seconds, **state}, partial)
        os.replace(partial, self._file)
        save_file({name: tensor.contiguous() for name, tensor in self._ema.module.state_dict().items()}, partial)
        os.replace(partial, self._weights)
        self._saved = time.monotonic()

    def log(self, text: str) -> None:
        line = f"{self.seconds:8.0f} s  step {self.step:6d}  {text}"
        print(line, flush=True)
        with open(self.folder / "log.txt", "a") as file:
            file.write(line + "\n")


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("share", 1.0)


def cosine(progress: float, peak: float, floor: float = 0.02, warm: float = 0.01) -> float:
    """Learning rate at `progress` 0..1: a linear warm-up, then half a cosine down to `floor` of the peak."""
    if progress < warm:
        return peak * max(progress, 1e-4) / warm
    wave = 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - warm) / (1 - warm))))
    return peak * (floor + (1 - floor) * wave)
