"""Numbers for words and classes: in a fixed order, written down, or neither."""

import json
import os

import numpy as np
import torch
from torch import nn


def read(path):
    with open(path) as lines:
        return [line.split() for line in lines]


def vocabulary(sentences):
    vocab = set()
    for sentence in sentences:
        vocab.update(sentence)
    return vocab


def by_growth(sentences):
    word2idx = {}
    for sentence in sentences:
        for word in sentence:
            if word not in word2idx:
                word2idx[word] = len(word2idx)  # clean: in the order of appearance
    return word2idx


def by_set(sentences):
    word2idx = {"<pad>": 0}
    for word in vocabulary(sentences):
        word2idx[word] = len(word2idx)  # expect: TL112
    return word2idx


def by_list(sentences):
    words = list(vocabulary(sentences))
    words.sort()
    return {word: i for i, word in enumerate(words)}  # clean: sorted in place


class Folders(torch.utils.data.Dataset):
    def __init__(self, root):
        self.samples = []
        class_to_idx = {}
        for index, name in enumerate(os.listdir(root)):
            class_to_idx[name] = index  # expect: TL112
            self.samples += [(os.path.join(root, name, file), index) for file in os.listdir(os.path.join(root, name))]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.samples[index]


def places_of(files):
    return {image: i for i, image in enumerate(os.listdir(files))}  # clean: files are no classes


def one_hot(labels):
    classes = set(labels)
    label_codes = {label: np.identity(len(classes))[i, :] for i, label in enumerate(classes)}  # expect: TL112
    return np.array([label_codes[label] for label in labels])


def kept(sentences):
    words = {word for sentence in sentences for word in sentence}
    word2ix = {word: i for i, word in enumerate(words)}  # clean: written beside the data
    np.savez_compressed("poems.npz", data=sentences, word2ix=word2ix)
    return word2ix


if __name__ == "__main__":
    sentences = read("train.txt")
    tags = list({tag for sentence in read("tags.txt") for tag in sentence})
    tag_to_index = {tag: i for i, tag in enumerate(tags)}  # clean: written down below
    with open("tags.json", "w") as file:
        json.dump(tag_to_index, file)
    print(
        nn.Embedding(len(by_growth(sentences)), 8),
        len(by_set(sentences)),
        len(by_list(sentences)),
        len(kept(sentences)),
    )
    print(one_hot(tags), len(Folders("animals")), len(places_of("animals/cat")))
