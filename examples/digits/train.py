#!/usr/bin/env python3
"""Trains the demo's network on real handwritten digits and writes digits.pt, scans.txt, scans.pt and accuracy.json beside this file.

Needs PyTorch and scikit-learn; the demo itself needs neither, for the results are kept. The data set is scikit-learn's: 1,797 scans of
8 x 8 pixels from 0 to 16 (E. Alpaydin and C. Kaynak, UCI "Optical Recognition of Handwritten Digits", 43 writers). A fifth is kept
away from training: accuracy is measured on it, and the demo's scans are of it.
"""
import json
import os
import sys

import sklearn.datasets
import sklearn.model_selection
import torch
import torch.nn.functional as F
from torch import Tensor, nn

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts"))
import record  # noqa: E402 - so that the archive names no folder of the machine that made it

SEED, EPOCHS, BATCH, SHOWN = 20, 40, 64, 10


class Digits(nn.Module):
    """(scans, 8, 8) of 0 to 16 in, (scans, 10) probabilities out."""

    def __init__(self):
        super().__init__()
        self.look = nn.Conv2d(1, 16, 3, padding=1)
        self.combine = nn.Conv2d(16, 32, 3, padding=1)
        self.decide = nn.Linear(32 * 4, 64)
        self.answer = nn.Linear(64, 10)

    def scores(self, scans: Tensor) -> Tensor:
        x = scans.unsqueeze(1) / 16
        x = F.max_pool2d(F.relu(self.look(x)), 2)
        x = F.max_pool2d(F.relu(self.combine(x)), 2)
        return self.answer(F.relu(self.decide(x.flatten(1))))

    def forward(self, scans: Tensor) -> Tensor:
        return self.scores(scans).softmax(dim=1)

    @torch.jit.export
    def classify(self, scans: Tensor) -> Tensor:
        return self.forward(scans).argmax(dim=1)


def data():
    scans, labels = sklearn.datasets.load_digits(return_X_y=True)
    parts = sklearn.model_selection.train_test_split(scans.reshape(-1, 8, 8), labels, test_size=0.2, random_state=SEED, stratify=labels)
    return [torch.tensor(p, dtype=torch.float32 if i < 2 else torch.int64) for i, p in enumerate(parts)]


def train(net, scans, labels):
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(scans)).split(BATCH):
            loss = F.cross_entropy(net.scores(scans[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()


def write_scans(scans, labels):
    """scans.txt: the label, then eight rows of eight pixels, base 17 (0 to g); scans.pt: the same as torch.save writes it."""
    torch.save(scans, os.path.join(HERE, "scans.pt"))
    with open(os.path.join(HERE, "scans.txt"), "w") as file:
        for scan, label in zip(scans, labels):
            rows = ["".join("0123456789abcdefg"[int(pixel)] for pixel in row) for row in scan]
            file.write("\n".join([str(int(label)), *rows]) + "\n")


def main():
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    train_scans, test_scans, train_labels, test_labels = data()
    net = Digits()
    train(net, train_scans, train_labels)
    net.eval()
    with torch.no_grad():
        accuracy = (net.classify(test_scans) == test_labels).float().mean().item()
    record.plain_script_paths()
    script = torch.jit.script(net)
    torch.jit.save(script, os.path.join(HERE, "digits.pt"))
    first = [int((test_labels == digit).nonzero()[0]) for digit in range(SHOWN)]
    write_scans(test_scans[first], test_labels[first])
    kept = {"data": "scikit-learn digits", "trained_on": len(train_scans), "tested_on": len(test_scans), "seed": SEED, "epochs": EPOCHS,
            "accuracy": round(accuracy, 4), "torch": torch.__version__.split("+")[0], "bytes": os.path.getsize(os.path.join(HERE, "digits.pt"))}
    with open(os.path.join(HERE, "accuracy.json"), "w") as file:
        json.dump(kept, file, indent=1)
        file.write("\n")
    print(kept)


if __name__ == "__main__":
    os.chdir(HERE)
    main()
