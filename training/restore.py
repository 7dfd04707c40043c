"""Puts the weights of a model folder back where the runs keep theirs, so that training goes on from it elsewhere.

    python3 training/restore.py public/models/NAME
    python3 training/refine.py --from restored --steps N

The optimizers start anew. Runs that were trained here are not replaced. The folder's vocabulary has to be the one that
today's words are cut to: the runs read captions with that.
"""

import sys
from pathlib import Path

from safetensors.torch import load_file, save_file
from transformers import CLIPTokenizer

from common import RUNS, checkpoint_file, weights_file
from export import TEXT_PREFIX
from painter import Texts
from train_text import tokenizer_of

TEXT_NAMES = Texts(2).text_encoder.state_dict().keys()
FILE_OF_TEXTS, FILE_OF_OTHERS = "model.safetensors", "diffusion_pytorch_model.safetensors"
# For each run, the folders of its parts by the name that the run's network gives them.
PARTS = {
    "text": {"texts.text_encoder.": "text_encoder", "texts.text_encoder_2.": "text_encoder_2"},
    "restored": {"unet.": "unet"},
    "vae": {"": "vae"},
    "tiny-vae": {"": "tiny_vae"},
}


def own_name(key: str, part: str) -> str:
    """A tensor's name in the installed transformers' network, which may have no `text_model.`."""
    own = TEXT_NAMES if part == "text_encoder" else {key}
    return key if key in own else key.removeprefix(TEXT_PREFIX)


def main() -> None:
    folder = Path(sys.argv[1])
    if CLIPTokenizer.from_pretrained(folder / "tokenizer").get_vocab() != tokenizer_of().get_vocab():
        sys.exit(f"{folder} has another vocabulary than words.py is cut to: nothing can be trained on from it.")
    for run in ("fitted-vae", *PARTS):  # the former would be taken for the restored decoder
        if checkpoint_file(run).exists():
            sys.exit(f"The run {run} was trained here: remove {RUNS / run} to restore another model's weights.")
    for run, parts in PARTS.items():
        weights = {}
        for prefix, name in parts.items():
            file = folder / name / (FILE_OF_TEXTS if name.startswith("text") else FILE_OF_OTHERS)
            stored = {key: tensor.float() for key, tensor in load_file(file).items()}
            weights |= {prefix + own_name(key, name): tensor for key, tensor in stored.items()}
        weights_file(run).parent.mkdir(parents=True, exist_ok=True)
        save_file(weights, weights_file(run))
        print(f"{run}: {len(weights)} tensors")


if __name__ == "__main__":
    sys.exit(main())
