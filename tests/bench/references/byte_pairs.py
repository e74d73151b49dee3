"""What Hugging Face's tokenizers make of awkward texts by byte-level BPE, by merges that they learnt of some of them.
tests/unit/worker/text/byte_pair_reference_test.cc holds ours to it, to the id.

Usage, with tokenizers==0.23.3 installed:
    python tests/bench/references/byte_pairs.py > tests/bench/references/byte_pairs.json
"""
import json

import tokenizers
from tokenizers import ByteLevelBPETokenizer
from tokens import TEXTS, made_up

MORE = [
    "I'll we've don't it's you're he'd I'm 'sure 'tis O'Neill's DON'T I'LL ''s 's'", "a  b   c    d", "  leading", "trailing   ", "\r\n\r\n", "line\r\nline\n\n\tindented\t\tx", " \t \n x", "a\u00a0\u00a0b\u2003\u3000c",
    "x" + " " * 300 + "y", "1234567890 3.14159 1,000,000 ½ Ⅷ ²³ ٣٤ ४५", "def f(x):\n    return x ** 2  # squared\n", "snake_case camelCase kebab-case", "a\u0301\u0323e\u0301 n\u0303", "👩🏽‍🚀👍🏿🇺🇳", "\u200d\u200b\ufeff",
    "<|endoftext|>", "a<|endoftext|>b <|endoftext|>", "the " * 60, "thethethe" * 20, "aaaa" * 100, "ab" * 150, "!!!???...!!!", "$%&/()=?", "tab\tsep\tvalues\t", "\x00\x01\x7f\x85\x9f", "\u2028\u2029", "\u180e\u1680x",
]


def main():
    texts = TEXTS + MORE + made_up(2)
    learner = ByteLevelBPETokenizer()
    learner.train_from_iterator(TEXTS * 3 + MORE * 3 + texts[len(TEXTS) + len(MORE):][:120], vocab_size=1500, min_frequency=2, special_tokens=["<|endoftext|>"], show_progress=False)
    own = learner._tokenizer
    own.encode_special_tokens = True
    whole = json.loads(own.to_str())
    end = own.token_to_id("<|endoftext|>")
    print(json.dumps({"by": f"tests/bench/references/byte_pairs.py, tokenizers {tokenizers.__version__}", "tokenizer": whole, "texts": texts,
                      "ids": [[end] + own.encode(text).ids for text in texts]}))


if __name__ == "__main__":
    main()
