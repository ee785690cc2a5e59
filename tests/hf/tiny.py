"""A language model of 40,000 random weights, made on the spot: it says noise, one byte after the other."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

END = "<end>"
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"
CONTEXT = 32_768
"""More bytes than any of our prompts has: a token is a byte."""


def build(folder: Path) -> Path:
    """Write model and tokenizer to a folder, as `hf/NAME -M model_path=FOLDER` loads them."""
    vocabulary = {token: i for i, token in enumerate([END, *pre_tokenizers.ByteLevel.alphabet()])}
    bytewise = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(
        tokenizer_object=bytewise, eos_token=END, chat_template=TEMPLATE
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=CONTEXT,
        bos_token_id=vocabulary[END],
        eos_token_id=vocabulary[END],
        pad_token_id=vocabulary[END],
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder
