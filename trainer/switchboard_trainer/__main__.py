"""What the model server starts: train, answer and check; and convert, which a person may."""

import argparse
import faulthandler
import getpass
import os
import sys
import warnings
from pathlib import Path

from .protocol import SENTENCES, Failure, Line, Stop, Stopped, code_of, log, read_work, take_stdout


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="switchboard_trainer", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train the job and examples that come on standard input")
    train.add_argument("--state", type=Path, required=True, help="folder of the checkpoint and of what comes out")
    for name, told in (("answer", "answer the questions that come on standard input"), ("check", "tell what a base model is, without loading it")):
        command = commands.add_parser(name, help=told)
        command.add_argument("--base", type=Path, required=True, help="a Hugging Face folder, or a GGUF file")
        command.add_argument("--kind", required=True, help="causal or encoder")
        if name == "answer":
            command.add_argument("--threads", type=int, default=0, help="threads of the CPU; 0 is for torch to choose")
    convert = commands.add_parser("convert", help="make of a GGUF file a folder that is read faster")
    convert.add_argument("--base", type=Path, required=True, help="a GGUF file")
    convert.add_argument("--out", type=Path, required=True, help="folder to make; it must not exist")
    return parser.parse_args()


def use_threads(number: int) -> None:
    import torch

    if number > 0:
        torch.set_num_threads(number)


def train(args: argparse.Namespace, line: Line) -> None:
    stop = Stop()
    stop.on_sigterm()
    training = None
    try:
        work = read_work(iter(sys.stdin.buffer.readline, b""))
        stop.on_end_of(sys.stdin.fileno())
        use_threads(work.job.threads)
        from .train import Training, make_learner

        args.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        training = Training(work, make_learner(work.job), args.state, line, stop)
        stop.interrupts = False
        training.run()
    except Stopped:
        line.say(type="stopped", step=training.step if training else 0)


def answer(args: argparse.Namespace, line: Line) -> None:
    use_threads(args.threads)
    from .answer import serve
    from .base import Source

    serve(Source(args.base, args.kind), sys.stdin.buffer, line)


def check(args: argparse.Namespace, line: Line) -> None:
    from .base import Source, device_name

    parameters, architecture, context = Source(args.base, args.kind).checked()
    line.say(type="checked", parameters=parameters, architecture=architecture, device=device_name(), context=context)


def convert(args: argparse.Namespace, line: Line) -> None:
    from .base import Source
    from .convert import convert

    convert(Source(args.base, "causal"), args.out)
    line.say(type="converted")


def have_a_name() -> None:
    """Gives the user a name who has none, as in a container: PyTorch asks for it when it begins to train."""
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["LOGNAME"] = "trainer"


def main() -> int:
    args = arguments()
    have_a_name()
    os.umask(0o077)
    warnings.simplefilter("ignore")
    faulthandler.enable()
    line = take_stdout()
    try:
        {"train": train, "answer": answer, "check": check, "convert": convert}[args.command](args, line)
    except Exception as error:  # noqa: BLE001 - whatever it is, what is said of it is a code
        code = code_of(error)
        if not isinstance(error, Failure):
            log("failed", error)
        line.say(type="error", code=code, message=SENTENCES[code])
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    # A thread may still wait for standard input.
    sys.stderr.flush()
    os._exit(status)
