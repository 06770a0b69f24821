"""A torchtune-style recipe: everything is built from a configuration, the loop is a method."""
import sys

import torch
from omegaconf import DictConfig
from torch.utils.data import DataLoader
from torchtune import config, modules, training, utils
from torchtune.data import padded_collate_sft
from torchtune.training.lr_schedulers import get_cosine_schedule_with_warmup


class FinetuneRecipe:
    def __init__(self, cfg: DictConfig):
        self.cfg = cfg
        self.seed = training.set_seed(seed=cfg.seed)
        self.epochs = cfg.epochs
        self.accumulation = cfg.gradient_accumulation_steps

    def setup(self):
        self.checkpointer = config.instantiate(self.cfg.checkpointer)
        self.tokenizer = config.instantiate(self.cfg.tokenizer)
        self.model = config.instantiate(self.cfg.model)
        self.model.load_state_dict(self.checkpointer.load_checkpoint()[training.MODEL_KEY])
        self.optimizer = config.instantiate(self.cfg.optimizer, self.model.parameters())
        self.loss_fn = config.instantiate(self.cfg.loss)
        dataset = config.instantiate(self.cfg.dataset, self.tokenizer)
        self.loader = DataLoader(dataset, batch_size=self.cfg.batch_size, shuffle=True, collate_fn=padded_collate_sft)
        steps = self.epochs * len(self.loader) // self.accumulation
        self.scheduler = get_cosine_schedule_with_warmup(self.optimizer, num_warmup_steps=100, num_training_steps=steps)
        self.logger = config.instantiate(self.cfg.metric_logger)

    def save_checkpoint(self, epoch):
        self.checkpointer.save_checkpoint({training.MODEL_KEY: self.model.state_dict()}, epoch=epoch)

    def train(self):
        step = 0
        for epoch in range(self.epochs):  # expect: TL104
            for index, batch in enumerate(self.loader):
                labels = batch.pop("labels")
                logits = self.model(**batch)
                loss = self.loss_fn(logits.transpose(1, 2), labels) / self.accumulation
                loss.backward()
                if (index + 1) % self.accumulation == 0:
                    torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                    self.optimizer.step()
                    self.optimizer.zero_grad(set_to_none=True)
                    self.scheduler.step()
                    step += 1
                    self.logger.log_dict({"loss": loss.item()}, step=step)
            self.save_checkpoint(epoch)


@config.parse
def recipe_main(cfg: DictConfig):
    recipe = FinetuneRecipe(cfg)
    recipe.setup()
    recipe.train()


if __name__ == "__main__":
    sys.exit(recipe_main())
