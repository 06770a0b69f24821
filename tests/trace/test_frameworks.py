"""Frameworks: what their ``fit`` does is in the trace as if it were written out."""

from __future__ import annotations

import pytest
from tracing import SETUP, name_of, walk

from trainlint.trace.events import (
    Backward,
    Clip,
    Forward,
    FrameworkFit,
    LoopKind,
    LossComputed,
    OptimizerStep,
    SchedulerStep,
    ZeroGrad,
)

LIGHTNING = """
    import lightning as L

    class Lit(L.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = nn.Linear(8, 3)

        def forward(self, x):
            return self.net(x)

        def training_step(self, batch, batch_idx):
            x, y = batch
            loss = nn.functional.cross_entropy(self(x), y)
            self.log("train_loss", loss)
            return loss

        def validation_step(self, batch, batch_idx):
            x, y = batch
            self.log("val_loss", nn.functional.cross_entropy(self(x), y))

        def configure_optimizers(self):
            optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
            return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 10)]
"""


def test_lightning_trains_and_validates_by_its_hooks() -> None:
    walked = walk(
        LIGHTNING + "    trainer = L.Trainer(max_epochs=5)\n    trainer.fit(Lit(), train_loader, val_loader)\n",
        setup=SETUP,
    )
    training = walked.training
    assert training.loop.kind is LoopKind.FRAMEWORK
    assert [name_of(model) for model in training.models] == ["Lit"]
    assert {source.split for source in training.sources if source.part} == {"train"}
    assert walked.splits == ["validation"]
    kinds = [type(event) for event in training.events if isinstance(event, ZeroGrad | Backward | OptimizerStep)]
    assert set(kinds) == {ZeroGrad, Backward, OptimizerStep}
    assert training.of(SchedulerStep)
    by_gradients = {(event.mode, event.gradients) for event in training.of(Forward) if event.direct}
    assert by_gradients == {("train", True), ("eval", False)}


def test_a_lightning_data_module_gives_the_loaders() -> None:
    walked = walk(
        LIGHTNING
        + """
    class Digits(L.LightningDataModule):
        def setup(self, stage):
            from torchvision.datasets import MNIST
            full = MNIST("data", train=True)
            self.train_set, self.val_set = random_split(full, [55000, 5000])

        def train_dataloader(self):
            return DataLoader(self.train_set, batch_size=32, shuffle=True)

        def val_dataloader(self):
            return DataLoader(self.val_set, batch_size=32)

    L.Trainer(max_epochs=5).fit(Lit(), datamodule=Digits())
""",
        setup=SETUP,
    )
    training = walked.training
    assert "train" in {source.split for source in training.sources}
    assert walked.splits == ["validation"]


def test_manual_optimization_is_what_the_step_does() -> None:
    walked = walk(
        """
        import pytorch_lightning as pl

        class Gan(pl.LightningModule):
            def __init__(self):
                super().__init__()
                self.automatic_optimization = False
                self.generator = nn.Linear(4, 8)
                self.critic = nn.Linear(8, 1)

            def training_step(self, batch, batch_idx):
                first, second = self.optimizers()
                x, _ = batch
                fake = self.generator(torch.randn(8, 4))
                loss = self.critic(fake.detach()).mean() - self.critic(x).mean()
                second.zero_grad()
                self.manual_backward(loss)
                second.step()
                first.zero_grad()
                self.manual_backward(-self.critic(fake).mean())
                first.step()

            def configure_optimizers(self):
                return torch.optim.Adam(self.generator.parameters()), torch.optim.Adam(self.critic.parameters())

        pl.Trainer(max_epochs=2).fit(Gan(), train_loader)
        """,
        setup=SETUP,
    )
    training = walked.training
    assert [walked.line(event.place) for event in training.of(Backward)][:2] == [
        "self.manual_backward(loss)",
        "self.manual_backward(-self.critic(fake).mean())",
    ]
    steps = list(dict.fromkeys(walked.line(event.place) for event in training.of(OptimizerStep)))
    assert steps == ["second.step()", "first.step()"]


def test_a_lightning_module_that_a_command_line_runs() -> None:
    walked = walk(
        "    from lightning.pytorch.cli import LightningCLI\n" + LIGHTNING + "    LightningCLI(Lit)\n", setup=SETUP
    )
    (training, *_) = [training for run in walked.trace.runs for training in run.trainings]
    assert [name_of(model) for model in training.models] == ["Lit"]
    assert training.loop.kind is LoopKind.FRAMEWORK


def test_a_lightning_module_in_a_file_of_its_own_is_walked_with_its_script() -> None:
    walked = walk(
        {
            "lit.py": "import torch\nfrom torch import nn\n" + "\n".join(line[4:] for line in LIGHTNING.splitlines()),
            "train.py": SETUP
            + "import lightning as L\nfrom lit import Lit\nL.Trainer(max_epochs=5).fit(Lit(), train_loader, val_loader)\n",
        }
    )
    (training, *_) = walked.run().trainings
    assert training.backwards
    assert {evaluation.split for evaluation in training.evaluations} == {"validation"}
    assert {event.place.path for event in training.of(LossComputed)} == {"lit.py"}


def test_testing_and_tuning_are_no_trainings() -> None:
    walked = walk(
        LIGHTNING
        + """
        def test_step(self, batch, batch_idx):
            x, y = batch
            self.log("test_loss", nn.functional.cross_entropy(self(x), y))

    trainer = L.Trainer(max_epochs=5)
    network = Lit()
    trainer.fit(network, train_loader, val_loader)
    trainer.test(network, DataLoader(TensorDataset(torch.randn(4, 8), torch.zeros(4).long())))
""",
        setup=SETUP,
    )
    assert len(walked.run().trainings) == 1
    assert [event.how for event in walked.events(FrameworkFit)] == ["fit", "evaluate"]
    assert walked.splits == ["validation"]
    assert walked.lines(LossComputed)[-1] == 'self.log("test_loss", nn.functional.cross_entropy(self(x), y))'


def test_a_transformers_trainer() -> None:
    walked = walk(
        """
        from datasets import load_dataset
        from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

        data = load_dataset("imdb")
        model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
        arguments = TrainingArguments("out", num_train_epochs=3, eval_strategy="epoch")
        trainer = Trainer(model, arguments, train_dataset=data["train"], eval_dataset=data["test"])
        trainer.train()
        """
    )
    training = walked.training
    assert training.loop.kind is LoopKind.FRAMEWORK
    assert {source.split for source in training.sources} == {"train"}
    assert walked.splits == ["test"]


def test_a_transformers_trainer_with_a_loss_of_its_own() -> None:
    walked = walk(
        """
        from torch import nn
        from transformers import Trainer, TrainingArguments

        class Weighted(Trainer):
            def compute_loss(self, model, inputs, return_outputs=False, **kwargs):
                labels = inputs.pop("labels")
                outputs = model(**inputs)
                loss = nn.functional.cross_entropy(outputs.logits, labels)
                return (loss, outputs) if return_outputs else loss

        def run(model, train_dataset, val_dataset):
            trainer = Weighted(
                model=model,
                args=TrainingArguments("out", eval_strategy="steps"),
                train_dataset=train_dataset,
                eval_dataset=val_dataset,
            )
            trainer.train()
        """
    )
    training = walked.training
    assert {walked.line(event.place) for event in training.of(LossComputed)} == {
        "loss = nn.functional.cross_entropy(outputs.logits, labels)"
    }
    assert {evaluation.split for evaluation in training.evaluations} == {"validation"}


ACCELERATED = {
    "accelerate": """
        from accelerate import Accelerator

        accelerator = Accelerator(gradient_accumulation_steps=2)
        model, optimizer, train_loader, val_loader = accelerator.prepare(model, optimizer, train_loader, val_loader)
        for epoch in range(3):
            model.train()
            for x, y in train_loader:
                with accelerator.accumulate(model):
                    optimizer.zero_grad()
                    loss = criterion(model(x), y)
                    accelerator.backward(loss)
                    accelerator.clip_grad_norm_(model.parameters(), 1.0)
                    optimizer.step()
            model.eval()
            with torch.no_grad():
                for x, y in val_loader:
                    print(accelerator.gather_for_metrics(criterion(model(x), y)))
    """,
    "fabric": """
        from lightning.fabric import Fabric

        fabric = Fabric(accelerator="cpu")
        fabric.launch()
        model, optimizer = fabric.setup(model, optimizer)
        train_loader, val_loader = fabric.setup_dataloaders(train_loader, val_loader)
        for epoch in range(3):
            model.train()
            for x, y in train_loader:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                fabric.backward(loss)
                fabric.clip_gradients(model, optimizer, max_norm=1.0)
                optimizer.step()
            model.eval()
            with torch.no_grad():
                for x, y in val_loader:
                    print(criterion(model(x), y))
    """,
}


@pytest.mark.parametrize("library", ACCELERATED)
def test_loops_under_a_device_library_stay_loops(library: str) -> None:
    walked = walk(ACCELERATED[library], setup=SETUP)
    training = walked.training
    assert walked.line(training.loop.place) == "for epoch in range(3):"
    assert walked.line(training.batch_loop.place) == "for x, y in train_loader:"
    assert {source.split for source in training.sources if source.part} == {"train"}
    assert walked.splits == ["validation"]
    assert {event.via for event in training.backwards} == {"accelerator"}
    assert len({walked.line(event.place) for event in training.of(Clip)}) == 1
    assert [name_of(model) for model in training.models] == ["Sequential"]


def test_mixed_precision_by_hand() -> None:
    walked = walk(
        """
        scaler = torch.amp.GradScaler("cuda")
        for epoch in range(3):
            for x, y in train_loader:
                optimizer.zero_grad(set_to_none=True)
                with torch.autocast("cuda"):
                    loss = criterion(model(x), y)
                scaler.scale(loss).backward()
                scaler.unscale_(optimizer)
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                scaler.step(optimizer)
                scaler.update()
        """,
        setup=SETUP,
    )
    training = walked.training
    assert {event.via for event in training.backwards} == {"scaler"}
    (step, *_) = training.steps
    assert step.scaler is not None
    order = [type(event).__name__ for event in training.events if event.frames and event.frames[-1].round == 0]
    steps = ["ZeroGrad", "Forward", "LossComputed", "Backward", "Unscale", "Clip", "OptimizerStep", "ScalerUpdate"]
    assert [name for name in order if name in steps][: len(steps)] == steps


IGNITE = """
    from ignite.engine import Engine, Events, create_supervised_evaluator
    from ignite.handlers import Checkpoint, LRScheduler
    from ignite.metrics import Accuracy

    def step(engine, batch):
        model.train()
        x, y = batch
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    trainer = Engine(step)
    evaluator = create_supervised_evaluator(model, metrics={"accuracy": Accuracy()})
    trainer.add_event_handler(
        Events.EPOCH_COMPLETED, LRScheduler(torch.optim.lr_scheduler.StepLR(optimizer, 5))
    )

    @trainer.on(Events.EPOCH_COMPLETED)
    def validate(engine):
        evaluator.run(val_loader)

    trainer.run(train_loader, max_epochs=20)
"""


def test_an_ignite_engine_runs_its_function_and_the_handlers_of_its_events() -> None:
    walked = walk(IGNITE, setup=SETUP)
    training = walked.training
    assert (training.loop.kind, training.loop.rounds) == (LoopKind.FRAMEWORK, 20)
    assert [walked.line(event.place) for event in training.steps][:1] == ["optimizer.step()"]
    assert walked.splits == ["validation"]
    assert {source.split for source in training.sources if source.part} == {"train"}
    (scheduled, *_) = training.of(SchedulerStep)
    assert not scheduled.inside(training.batch_loop)
    assert {event.mode for event in training.of(Forward)} == {"train", "eval"}


def test_composer_calls_the_models_own_loss() -> None:
    walked = walk(
        """
        from composer import Trainer
        from composer.models import ComposerModel

        class Classifier(ComposerModel):
            def __init__(self):
                super().__init__()
                self.net = nn.Linear(8, 3)

            def forward(self, batch):
                return self.net(batch[0])

            def loss(self, outputs, batch):
                return nn.functional.cross_entropy(outputs, batch[1])

        own = Classifier()
        trainer = Trainer(
            model=own,
            train_dataloader=train_loader,
            eval_dataloader=val_loader,
            optimizers=torch.optim.AdamW(own.parameters()),
            max_duration="5ep",
        )
        trainer.fit()
        """,
        setup=SETUP,
    )
    training = walked.training
    assert {walked.line(event.place) for event in training.of(LossComputed)} == {
        "return nn.functional.cross_entropy(outputs, batch[1])"
    }
    assert [name_of(model) for model in training.models] == ["Classifier"]
    assert walked.splits == ["validation"]


def test_skorch_trains_the_network_that_it_makes_on_the_data_it_is_given() -> None:
    walked = walk(
        """
        from sklearn.model_selection import train_test_split
        from skorch import NeuralNetClassifier

        class Net(nn.Module):
            def __init__(self, width=4):
                super().__init__()
                self.layers = nn.Linear(8, width)

            def forward(self, x):
                return self.layers(x)

        x, y = torch.randn(64, 8), torch.randint(0, 3, (64,))
        x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0)
        net = NeuralNetClassifier(Net, module__width=16, max_epochs=5)
        net.fit(x_train, y_train)
        """,
        setup=SETUP,
    )
    training = walked.training
    assert [name_of(model) for model in training.models] == ["Net"]
    assert {source.split for source in training.sources} == {"train"}
    assert training.may_evaluate
