"""`train_test_split` of Hugging Face calls the other part `test`, whatever it is for: the author's name tells that."""

from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

reviews = load_dataset("csv", data_files="reviews.csv", split="train")
model = AutoModelForSequenceClassification.from_pretrained("distilbert-base-uncased", num_labels=2)
settings = TrainingArguments("out", eval_strategy="epoch", save_strategy="epoch", load_best_model_at_end=True)


def fine_tune_by_validation():
    parts = reviews.train_test_split(test_size=0.1, seed=7)
    train_part, eval_part = parts["train"], parts["test"]
    trainer = Trainer(model=model, args=settings, train_dataset=train_part, eval_dataset=eval_part)
    trainer.train()


def fine_tune_by_test():
    parts = reviews.train_test_split(test_size=0.1, seed=7)
    train_part, test_part = parts["train"], parts["test"]
    trainer = Trainer(model=model, args=settings, train_dataset=train_part, eval_dataset=test_part)  # expect: TL101
    trainer.train()


def data_of(tokenized):
    return {"train_dataset": tokenized, "eval_dataset": None}


def fine_tune_blindly(arguments):
    trainer = Trainer(model=model, args=arguments, **data_of(reviews))
    trainer.train()  # expect: TL104
