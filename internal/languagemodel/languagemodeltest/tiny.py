"""Makes two language models with random weights that read bytes: a causal one and an encoder, in the folder that is named."""

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SHAPE = {"vocab_size": 259, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 512}


def tokenizer():
    special = ["<s>", "</s>", "<pad>"]
    own = Tokenizer(models.BPE({t: i for i, t in enumerate(special + sorted(pre_tokenizers.ByteLevel.alphabet()))}, []))
    own.pre_tokenizer, own.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    own.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    return PreTrainedTokenizerFast(tokenizer_object=own, bos_token="<s>", eos_token="</s>", pad_token="<pad>")


for name, make in {
    "causal": lambda: LlamaForCausalLM(LlamaConfig(**SHAPE, num_key_value_heads=2, bos_token_id=0, eos_token_id=1)),
    "encoder": lambda: BertModel(BertConfig(**SHAPE)),
}.items():
    torch.manual_seed(0)
    model = make()
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.3)
    model.save_pretrained(Path(sys.argv[1]) / name)
    tokenizer().save_pretrained(Path(sys.argv[1]) / name)
