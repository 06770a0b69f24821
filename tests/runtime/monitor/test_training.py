"""The monitor as a whole: it changes nothing, leaves nothing, and works on what people wrap around their models."""

from __future__ import annotations

import copy
import io
import json
import math
import multiprocessing
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.runtime.monitor.conftest import Problem, names
from trainlint.runtime import RuntimeFinding, TrainingFaulty, TrainingMonitor
from trainlint.runtime.monitor.readout import Readout


def final_weights(watch: bool) -> tuple[list[Tensor], Tensor]:
    torch.manual_seed(0)
    problem = Problem()
    problem.model = nn.Sequential(nn.Linear(20, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 5))
    problem.optimizer = torch.optim.AdamW(problem.model.parameters(), lr=1e-2)
    monitor = TrainingMonitor(problem.model, problem.optimizer, criterion=problem.criterion, every=3)
    if watch:
        monitor.attach()
    problem.train(monitor, 4)
    monitor.detach()
    return [*problem.model.state_dict().values()], torch.rand(4)


def test_a_watched_run_is_the_same_to_the_last_bit() -> None:
    (plain, plain_random), (watched, watched_random) = final_weights(False), final_weights(True)
    assert all(torch.equal(a, b) for a, b in zip(plain, watched, strict=True))
    assert torch.equal(plain_random, watched_random)


def hooks_of(problem: Problem) -> list[Any]:
    parts: list[Any] = []
    for module in (*problem.model.modules(), problem.criterion):
        parts += [dict(value) for key, value in vars(module).items() if "hooks" in key]
    for parameter in problem.model.parameters():
        parts += [parameter._backward_hooks, parameter._post_accumulate_grad_hooks]
    parts += [dict(problem.optimizer._optimizer_step_pre_hooks), dict(problem.optimizer._optimizer_step_post_hooks)]
    parts += [dict(nn.modules.module._global_forward_pre_hooks), dict(nn.modules.module._global_forward_hooks)]
    return parts


def test_nothing_is_left_behind(problem: Problem) -> None:
    before = hooks_of(problem)
    problem.watched(epochs=1)
    assert hooks_of(problem) == before


def test_other_hooks_stay(problem: Problem) -> None:
    seen: list[float] = []
    parameter = next(problem.model.parameters())
    parameter.register_hook(lambda gradient: seen.append(float(gradient.norm())))  # type: ignore[no-untyped-call]
    problem.watched(epochs=1)
    count = len(seen)
    problem.step(problem.inputs, problem.targets)
    assert len(seen) == count + 1


def test_an_exception_in_the_loop_detaches(problem: Problem) -> None:
    before = hooks_of(problem)
    with pytest.raises(KeyboardInterrupt), TrainingMonitor(problem.model, problem.optimizer) as monitor:
        problem.step(problem.inputs, problem.targets)
        raise KeyboardInterrupt
    assert hooks_of(problem) == before
    assert not monitor.attached


def test_copies_are_not_watched(problem: Problem) -> None:
    with TrainingMonitor(problem.model, problem.optimizer) as monitor:
        problem.step(problem.inputs, problem.targets)
        copied = copy.deepcopy(problem.model)
        file = io.BytesIO()
        torch.save(problem.model, file)
        file.seek(0)
        loaded = torch.load(file, weights_only=False)
        for other in (copied, loaded):
            with torch.no_grad():
                other.train()(problem.inputs)
        problem.step(problem.inputs, problem.targets)
        monitor.validate(1.0)
    assert monitor.modes.evaluations_in_train_mode == 0
    assert monitor.steps_made == 2


def test_one_transfer_a_measurement(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    transfers = 0
    original = Tensor.tolist

    def counted(tensor: Tensor) -> Any:
        nonlocal transfers
        transfers += 1
        return original(tensor)

    monkeypatch.setattr(Tensor, "tolist", counted)
    monitor = problem.watched(epochs=3)
    assert monitor.gradients.measurements >= 5
    # One for each measured step, one for each evaluation, and the last.
    assert transfers <= monitor.gradients.measurements + 3 + 2


def test_a_readout_hands_out_in_order() -> None:
    got: list[list[float]] = []
    readout = Readout()
    readout.add(torch.tensor([[1.0, 2.0]]), got.append)
    readout.add(torch.tensor(3, dtype=torch.int64), got.append)
    readout.add(torch.tensor([], dtype=torch.float64), got.append)
    readout.flush()
    readout.flush()
    assert got == [[1.0, 2.0], [3.0], []]


def test_only_some_steps_are_measured(problem: Problem) -> None:
    monitor = problem.watched(epochs=30)
    assert monitor.steps_made == 300
    assert monitor.gradients.total.steps[:8] == [0, 1, 2, 3, 4, 14, 24, 34]
    assert monitor.gradients.measurements < 40
    assert len(monitor.loss.curve) == 300


def test_the_loss_is_taken_from_the_criterion_where_nobody_reports_it(problem: Problem) -> None:
    with TrainingMonitor(problem.model, problem.optimizer, criterion=problem.criterion) as monitor:
        losses = [float(problem.step(*batch).detach()) for batch in problem.batches()]
    assert monitor.loss.curve.values == pytest.approx(losses)


def test_the_first_report_is_not_counted_twice(problem: Problem) -> None:
    with TrainingMonitor(problem.model, problem.optimizer, criterion=problem.criterion) as monitor:
        losses = []
        for batch in problem.batches():
            loss = problem.step(*batch)
            losses.append(float(loss.detach()))
            monitor.step(loss)
    assert monitor.loss.curve.values == pytest.approx(losses)


def test_a_batch_with_nan_is_named_in_the_step_where_it_came(problem: Problem) -> None:
    told: list[RuntimeFinding] = []
    problem.inputs[7, 3] = torch.nan
    with TrainingMonitor(problem.model, problem.optimizer, on_finding=told.append) as monitor:
        for rows in torch.arange(320).flip(0).split(32):
            monitor.step(problem.step(problem.inputs[rows], problem.targets[rows]))
    told_of = [(finding.name, finding.step) for finding in told]
    assert told_of[0] == ("non-finite-input", 9)
    assert ("non-finite-loss", 9) in told_of


def test_a_rate_that_is_too_high(problem: Problem) -> None:
    problem.optimizer = torch.optim.Adam(problem.model.parameters(), lr=3.0)
    assert names(problem.watched(epochs=12))[0] == "learning-rate-out-of-range"


def test_a_rate_that_is_too_low(problem: Problem) -> None:
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=1e-7)
    finding = problem.watched(epochs=12).findings()[0]
    assert (finding.name, finding.code) == ("learning-rate-out-of-range", "TL709")
    assert "too low" in finding.message


def test_updates_below_the_precision_of_the_weights(problem: Problem) -> None:
    problem.model.bfloat16()
    problem.inputs = problem.inputs.bfloat16()
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=1e-7)
    assert "weights-unchanged" in names(problem.watched(epochs=12))


def test_a_bias_in_front_of_batch_norm_may_stay_as_it_is(problem: Problem) -> None:
    """Its gradient is rounding alone, and an update of that size changes nothing."""
    problem.model = nn.Sequential(nn.Linear(20, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 5))
    with torch.no_grad():
        problem.model[0].bias.fill_(1.0)  # type: ignore[operator, union-attr]
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.1, momentum=0.9)
    monitor = problem.watched()
    assert "0.bias" in monitor.updates.never_changed()
    assert names(monitor) == []


def test_closures_are_followed(problem: Problem) -> None:
    problem.optimizer = torch.optim.LBFGS(problem.model.parameters(), lr=0.5, max_iter=4)

    def step(inputs: Tensor, targets: Tensor) -> Tensor:
        def closure() -> Tensor:
            problem.optimizer.zero_grad()
            loss: Tensor = problem.criterion(problem.model(inputs), targets)
            loss.backward()  # type: ignore[no-untyped-call]
            return loss

        return torch.as_tensor(problem.optimizer.step(closure))

    monitor = problem.watched(epochs=2, step=step)
    assert monitor.gradients.never_present() == []
    assert all(value > 0 for value in monitor.gradients.total.values)
    assert "incomplete-step" not in names(monitor)


def test_mixed_precision_with_a_scaler(problem: Problem) -> None:
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)

    def step(inputs: Tensor, targets: Tensor) -> Tensor:
        problem.optimizer.zero_grad()
        with torch.autocast("cpu", torch.float16):
            loss: Tensor = problem.criterion(problem.model(inputs), targets)
        scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        scaler.step(problem.optimizer)
        scaler.update()
        return loss

    monitor = problem.watched(epochs=8, step=step, scaler=scaler)
    assert names(monitor) == []
    assert monitor.gradients.clipping.values[0] == pytest.approx(1.0, rel=0.01)
    plain = Problem()
    plain_monitor = plain.watched(epochs=8)
    assert monitor.gradients.total.values[0] == pytest.approx(plain_monitor.gradients.total.values[0], rel=2.0)


def test_compiled_models_are_watched_but_for_their_activations(problem: Problem) -> None:
    problem.model = torch.compile(problem.model, backend="eager")  # type: ignore[assignment]
    monitor = problem.watched(epochs=6)
    assert names(monitor) == []
    assert monitor.gradients.names[0] == "0.weight"
    assert not monitor.sees_activations
    assert "compiled code" in str(monitor.report())


def train_data_parallel(meeting: Path, answers: Any) -> None:
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=0, world_size=1)
    problem = Problem()
    problem.model = nn.parallel.DistributedDataParallel(problem.model)
    monitor = problem.watched(epochs=8)
    answers.put((names(monitor), monitor.gradients.names[0], list(monitor.activations.sites)))
    torch.distributed.destroy_process_group()


def test_data_parallel_models_are_watched(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    process = context.Process(target=train_data_parallel, args=(tmp_path / "meeting", answers))
    process.start()
    assert answers.get(timeout=60) == ([], "0.weight", ["1 (relu)"])
    process.join()


def test_reports_in_text_json_and_as_an_assertion(problem: Problem) -> None:
    problem.model = nn.Sequential(problem.model, nn.Softmax(dim=1))
    report = problem.watched().report()
    assert "error  TL601 softmax-before-cross-entropy" in str(report)
    parsed = json.loads(report.to_json())
    assert parsed["ok"] is False
    assert parsed["findings"][0]["code"] == "TL601"
    assert len(parsed["summary"]["loss"]) == 50
    assert not report.ok
    with pytest.raises(TrainingFaulty, match="softmax-before-cross-entropy"):
        report.assert_ok()


def test_json_is_strict_where_the_loss_is_not_finite(problem: Problem) -> None:
    problem.inputs[:] = torch.nan
    report = problem.watched(epochs=1).report()
    assert json.loads(report.to_json())["summary"]["loss"][0][1] == "nan"
    assert math.isnan(report.summary.loss[0][1])


def test_a_healthy_report_is_ok(problem: Problem) -> None:
    report = problem.watched(epochs=8).report()
    report.assert_ok()
    assert "nothing found" in str(report)
    assert report.summary.best_evaluation is not None


def test_nonsense_is_refused(problem: Problem) -> None:
    with pytest.raises(TypeError, match="criterion must be a module"):
        TrainingMonitor(problem.model, problem.optimizer, criterion=nn.functional.cross_entropy)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 1 step"):
        TrainingMonitor(problem.model, problem.optimizer, every=0)
    with pytest.raises(ValueError, match="at least one optimizer"):
        TrainingMonitor(problem.model, [])
    with pytest.raises(ValueError, match="must be one number"):
        TrainingMonitor(problem.model, problem.optimizer).step(torch.zeros(3))


def test_a_failing_monitor_lets_the_training_go_on(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    with TrainingMonitor(problem.model, problem.optimizer, criterion=problem.criterion) as monitor:
        problem.step(problem.inputs, problem.targets)

        def fail(*_: object, **__: object) -> None:
            raise NotImplementedError("no norm of such tensors")

        monkeypatch.setattr(monitor.activations, "observe", fail)
        monkeypatch.setattr(monitor.gradients, "measure", fail)
        with pytest.warns(RuntimeWarning, match="watches no more .*no norm of such tensors"):
            problem.step(problem.inputs, problem.targets)
        before = [parameter.detach().clone() for parameter in problem.model.parameters()]
        monitor.step(problem.step(problem.inputs, problem.targets))
    assert not any(torch.equal(a, b) for a, b in zip(before, problem.model.parameters(), strict=True))
    assert "no norm of such tensors" in str(monitor.report())


def test_a_failure_amid_a_forward_closes_the_watch(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    with TrainingMonitor(problem.model, problem.optimizer) as monitor:

        def fail(*_: object) -> None:
            raise NotImplementedError("no such activation")

        monkeypatch.setattr(monitor.activations, "finish", fail)
        monitor._train_watch._on_activation = fail
        with pytest.warns(RuntimeWarning, match="no such activation"):
            problem.step(problem.inputs, problem.targets)
        assert torch.overrides._len_torch_function_stack() == 0  # type: ignore[attr-defined]
    assert not nn.modules.module._global_forward_pre_hooks
