"""Search for hyper-parameters, and environments of reinforcement learning."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_ENVIRONMENT = entry("environment", "id")

TABLE: dict[str, Entry] = {
    # study.optimize(objective) calls the objective; what it returns decides.
    "optuna.create_study": entry("search"),
    "optuna.load_study": entry("search"),
    **same("optuna.TrialPruned optuna.exceptions.TrialPruned", entry("harmless")),
    **same("TPESampler RandomSampler GridSampler CmaEsSampler", entry("harmless"), "optuna.samplers."),
    **same("MedianPruner HyperbandPruner SuccessiveHalvingPruner", entry("harmless"), "optuna.pruners."),
    "ray.tune.run": entry("search", "run_or_experiment"),
    "ray.tune.Tuner": entry("search", "trainable"),
    **same("ray.tune.report ray.train.report ray.air.session.report", entry("report")),
    **same("choice uniform loguniform grid_search randint quniform sample_from", entry("harmless"), "ray.tune."),
    **same("init shutdown get put remote", entry("harmless"), "ray."),
    "ray.train.torch.prepare_model": entry("wrap", "model", kind="ddp"),
    "ray.train.torch.prepare_data_loader": entry("passthrough", "data_loader"),
    "ray.train.torch.TorchTrainer": entry("call", "train_loop_per_worker", function="train_loop_per_worker"),
    "hyperopt.fmin": entry("search", "fn space"),
    "nni.get_next_parameter": entry("harmless"),
    **same("nni.report_intermediate_result nni.report_final_result", entry("report")),
    "skopt.gp_minimize": entry("search", "func dimensions"),
    "bayes_opt.BayesianOptimization": entry("search", "f pbounds"),
    "ax.optimize": entry("search", "parameters evaluation_function"),
    **same("gym.make gym.vector.make gym.make_vec", _ENVIRONMENT),
    **same("gym.Env", entry("base", kind="environment")),
    **same("gym.vector.SyncVectorEnv gym.vector.AsyncVectorEnv", entry("environment", "env_fns")),
    **same(
        "SyncVectorEnv AsyncVectorEnv RecordEpisodeStatistics RecordVideo TimeLimit FlattenObservation ClipAction"
        " NormalizeObservation TransformObservation NormalizeReward TransformReward ResizeObservation"
        " GrayScaleObservation FrameStack Monitor",
        entry("environment", "env"),
        "gym.wrappers.",
    ),
    **same("gym.spaces.Box gym.spaces.Discrete", entry("harmless")),
    **same(
        "DummyVecEnv SubprocVecEnv VecNormalize VecMonitor VecFrameStack",
        entry("environment", "env_fns"),
        "stable_baselines3.common.vec_env.",
    ),
    **same("make_vec_env make_atari_env", entry("environment", "env_id"), "stable_baselines3.common.env_util."),
    "envpool.make": entry("environment", "task_id"),
    "procgen.ProcgenEnv": entry("environment", "num_envs"),
    **same("mujoco_py.MjSim pybullet.connect", entry("environment")),
    **same("gym3.ToBaselinesVecEnv pettingzoo.utils.parallel_to_aec supersuit.concat_vec_envs_v1", _ENVIRONMENT),
    **same("GymEnv ParallelEnv SerialEnv EnvBase TransformedEnv", entry("environment", "env"), "torchrl.envs."),
}
