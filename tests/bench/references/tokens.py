"""What Hugging Face's tokenizers make of awkward texts, by a vocabulary that they learnt of some of them.
tests/unit/worker/text/tokens_reference_test.cc holds ours to it, to the id.

Usage, with tokenizers==0.23.3 installed:
    python tests/bench/references/tokens.py > tests/bench/references/tokens.json
"""
import json
import random

import tokenizers
from tokenizers import BertWordPieceTokenizer

TEXTS = [
    "", " ", "the", "The quick brown fox jumps over the lazy dog.", "unaffable unaffability", "UNAFFABLE", "naïve café ÉLAN Ångström",
    "cafe\u0301 (decomposed) e\u0301\u0323 e\u0323\u0301", "İstanbul ISPARTA ıspanak", "ΣΊΣΥΦΟΣ Σίσυφος ὈΔΥΣΣΕΎΣ", "Straße STRASSE ẞ ß", "ЁЛКА ёлка Й й", "東京は日本の首都です。",
    "中文字符 without spaces中文in between", "한국어 텍스트", "がぎぐ ガギグ ｶﾞ", "مرحبا بالعالم مُحَمَّد", "שָׁלוֹם עולם", "हिन्दी में पाठ", "ภาษาไทยไม่มีช่องว่าง",
    "Tiếng Việt có dấu", "emoji 😀👍🏽 👨‍👩‍👧‍👦 🇨🇭", "tab\tnewline\nreturn\rend", "non\u00a0breaking\u2009thin\u3000wide\u200bzero\u200dwidth\ufeffbom", "\u2028line\u2029paragraph",
    "control\x00\x01\x07\x1f\x7f\x85chars", "replacement \ufffd here", "soft\u00adhyphen", "a.b,c;d:e!f?g", "$100 + 20% = <b>`x`</b> ^~|", "don't won't it's", "e-mail: someone@example.org",
    "https://example.org/a?b=c&d=e#f", "“quotes” ‘single’ «guillemets» …—–", "¡Hola! ¿Qué tal?", "№ § © ® ™ € £ ¥", "x² x₂ ½ Ⅷ ﬁ", "[CLS] [SEP] [UNK] [PAD] [MASK] ##ing",
    "1,234.56 1e-5 0x1F", "a" * 99, "a" * 100, "a" * 101, "é" * 100, "é" * 101, "the" * 33, "the" * 34, "zzzzqqqqxxxx", "word " * 40, "\U00020000\U0002a6df\U0002b820\U0002f800 豈",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝓈𝒸𝓇𝒾𝓅𝓉", "Ǆ ǅ ǆ", "\u0130\u0307", "ﷺ", "\u1e9b\u0323", "ⓐⓑ", "a\u0300\u0301\u0302b", "\u0344 \u212b \u2126",
]


def made_up(seed):
    """Texts of any characters that Unicode 8 had, which is what these tokenizers know the categories of."""
    draw = random.Random(seed)
    blocks = [(0x20, 0x7e), (0xa0, 0x17f), (0x180, 0x24f), (0x300, 0x36f), (0x370, 0x3ff), (0x400, 0x4ff), (0x5d0, 0x5ea), (0x621, 0x64a), (0x904, 0x939), (0xac00, 0xd7a3),
              (0x1e00, 0x1eff), (0x2000, 0x206f), (0x20a0, 0x20b9), (0x3041, 0x30ff), (0x4e00, 0x9fa5), (0xff01, 0xff5e), (0x1d400, 0x1d454)]
    return ["".join(chr(draw.randint(*draw.choice(blocks))) if draw.random() < 0.85 else " " for _ in range(draw.randint(1, 60))) for _ in range(200)]


def main():
    texts = TEXTS + made_up(1)
    learner = BertWordPieceTokenizer(lowercase=True)
    learner.train_from_iterator(TEXTS * 3 + texts[len(TEXTS):][:120], vocab_size=2500, min_frequency=2, limit_alphabet=2000, show_progress=False)
    both = BertWordPieceTokenizer(lowercase=False)
    both.train_from_iterator(TEXTS * 3, vocab_size=300, min_frequency=2, show_progress=False)
    tokens = sorted(learner.get_vocab(), key=learner.get_vocab().get)
    tokens += sorted(set(both.get_vocab()) - set(tokens))
    vocabulary = {token: i for i, token in enumerate(tokens)}
    cases = []
    for lowercase in (True, False):
        for length in (512, 8):
            tokenizer = BertWordPieceTokenizer(vocabulary, lowercase=lowercase)
            tokenizer.encode_special_tokens = True
            tokenizer._tokenizer.encode_special_tokens = True
            tokenizer.enable_truncation(length)
            encoded = tokenizer.encode_batch(texts)
            cases.append({"lowercase": lowercase, "maxLength": length, "ids": [one.ids for one in encoded], "cut": [bool(one.overflowing) for one in encoded]})
    print(json.dumps({"by": f"tests/bench/references/tokens.py, tokenizers {tokenizers.__version__}", "vocabulary": tokens, "texts": texts, "cases": cases}))


if __name__ == "__main__":
    main()
