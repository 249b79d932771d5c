"""Fine-tunes an open language model, or a sentence encoder, to name one label of a list, and answers with it.

The model server starts this program as a child and speaks with it in lines of JSON (protocol.py). A model answers
with a distribution over the labels it was trained on and can say nothing else.
"""

import os

# Before anything of Hugging Face is imported: a base model is a path, and nothing is fetched.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["TQDM_DISABLE"] = "1"
# Threads that wait for each other sleep: where they spin instead, other programs on the same cores slow a training many times over.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
