from __future__ import annotations

import json
import multiprocessing
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

from tests.runtime.monitor.conftest import Problem
from trainlint.runtime import TestVault, TrainingMonitor, VaultSealed
from trainlint.runtime.vault import code_state, fingerprint


@pytest.fixture
def data() -> TensorDataset:
    return TensorDataset(torch.arange(40.0).reshape(20, 2), torch.arange(20))


def test_nothing_comes_out_before_it_is_opened(data: TensorDataset, tmp_path: Path) -> None:
    vault = TestVault(data, tmp_path / "ledger.jsonl")
    assert len(vault) == 20
    loader = DataLoader(vault, 4)  # making the loader is no look
    for look in (
        lambda: vault[0],
        lambda: next(iter(vault)),
        lambda: next(iter(loader)),
        lambda: vault.__getitems__([1]),
    ):
        with pytest.raises(VaultSealed, match="call open"):
            look()
    assert not (tmp_path / "ledger.jsonl").exists()


def test_an_opening_lets_out_and_is_written_down(data: TensorDataset, tmp_path: Path) -> None:
    ledger = tmp_path / "runs" / "ledger.jsonl"
    vault = TestVault(data, ledger)
    with vault.open("final numbers for the paper"):
        seen = torch.cat([targets for _, targets in DataLoader(vault, 4)])
    assert seen.tolist() == list(range(20))
    with pytest.raises(VaultSealed, match="opened 1 times before"):
        vault[0]
    (line,) = ledger.read_text().splitlines()
    assert json.loads(line)["reason"] == "final numbers for the paper"


def test_worker_processes_see_the_opening(data: TensorDataset, tmp_path: Path) -> None:
    vault = TestVault(data, tmp_path / "ledger.jsonl").open("final")
    loader = DataLoader(vault, 5, num_workers=1, multiprocessing_context="fork")
    assert sum(len(targets) for _, targets in loader) == 20


def test_a_second_opening_in_another_run_is_a_finding(data: TensorDataset, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    first = TestVault(data, ledger)
    first.open("final")
    assert list(first.findings()) == []
    again = TestVault(TensorDataset(*data.tensors), ledger)
    again.open("one more try")
    (finding,) = again.findings()
    assert (finding.name, finding.code) == ("test-set-peeking", "TL102")
    assert "opened 2 times" in finding.message
    assert "one more try" in finding.message


def test_other_data_in_the_same_ledger_is_counted_apart(data: TensorDataset, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    TestVault(data, ledger).open("final")
    other = TestVault(TensorDataset(-data.tensors[0], data.tensors[1]), ledger)
    other.open("final")
    assert len(other.openings()) == 1
    assert list(other.findings()) == []


def test_a_name_counts_data_that_changes(data: TensorDataset, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    TestVault(data, ledger, name="hospital B").open("final")
    later = TestVault(TensorDataset(*(column[:10] for column in data.tensors)), ledger, name="hospital B")
    later.open("without the outliers")
    assert [opening.reason for opening in later.openings()] == ["final", "without the outliers"]


def test_a_damaged_line_counts_as_an_opening(data: TensorDataset, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    vault = TestVault(data, ledger)
    vault.open("final")
    torn = ledger.read_bytes()[:-20]  # the machine died while it wrote
    ledger.write_bytes(torn)
    vault.open("again")
    assert [opening.reason[:7] for opening in vault.openings()] == ["unknown", "again"]


def test_it_stays_sealed_where_the_ledger_cannot_be_written(data: TensorDataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    vault = TestVault(data, tmp_path / "file" / "ledger.jsonl")
    with pytest.raises(OSError, match="file"):
        vault.open("final")
    assert not vault.is_open


def test_a_reason_is_asked_for(data: TensorDataset, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="why"):
        TestVault(data, tmp_path / "ledger.jsonl").open("  ")


def _open(data: Any, ledger: Path, number: int) -> None:
    TestVault(data, ledger, name="shared").open(f"run {number}")


def test_processes_that_open_at_once_are_all_written_down(data: TensorDataset, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_open, args=(data, ledger, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert {opening.reason for opening in TestVault(data, ledger, name="shared").openings()} == {
        f"run {number}" for number in range(4)
    }


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_the_state_of_the_code_is_kept(data: TensorDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert code_state() == (None, None)
    git(tmp_path, "init", "-q")
    (tmp_path / "train.py").write_text("epochs = 3\n")
    git(tmp_path, "add", "train.py")
    git(tmp_path, "commit", "-q", "-m", "Train")
    clean = code_state()
    assert clean[0] is not None
    assert clean[1] is None
    (tmp_path / "train.py").write_text("epochs = 30\n")
    dirty = code_state()
    assert dirty[0] == clean[0]
    assert dirty[1] is not None
    (tmp_path / "train.py").write_text("epochs = 300\n")
    assert code_state()[1] != dirty[1]


class Augmented(Dataset[Any]):
    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> Any:
        return {"image": torch.rand(3), "label": index, "path": f"{index}.png"}


def test_telling_data_apart_moves_no_generator() -> None:
    state = torch.get_rng_state()
    assert fingerprint(Augmented()).startswith("Augmented[10]-")
    assert torch.equal(torch.get_rng_state(), state)


def test_the_monitor_reports_openings(problem: Problem, data: TensorDataset, tmp_path: Path) -> None:
    vault = TestVault(data, tmp_path / "ledger.jsonl")
    vault.open("a look")
    vault.open("another look")
    monitor = TrainingMonitor(problem.model, problem.optimizer, vaults=[vault])
    assert [finding.name for finding in monitor.findings()] == ["test-set-peeking"]
