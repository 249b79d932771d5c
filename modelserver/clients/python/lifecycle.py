"""Drives the whole life of a model with OpenAI's own client for Python, as its documentation shows.

OPENAI_BASE_URL and OPENAI_API_KEY say where, BASE_MODEL from which base model, and PATIENCE how many seconds a job or a batch
may take. It prints what it has seen, and ends with an AssertionError or the client's own
error at the first thing that is not as OpenAI has it.
"""

import io
import json
import math
import os
import random
import time

import openai
from openai import OpenAI

MODEL = os.environ.get("BASE_MODEL", "switchboard-softmax-1")
PATIENCE = float(os.environ.get("PATIENCE", "60"))
TOPICS = {
    "Airline": ["flight", "gate", "boarding", "pilot", "luggage"],
    "Bank": ["card", "account", "transfer", "branch", "loan"],
    "Shop": ["parcel", "order", "refund", "delivery", "basket"],
}
FILLER = ["my", "the", "is", "again", "please", "why", "when", "today", "help", "with"]


def sentence(rng, topic):
    words = [rng.choice(TOPICS[topic] if i % 3 == 0 else FILLER) for i in range(9)]
    return " ".join(words)


def jsonl(lines):
    return io.BytesIO("".join(json.dumps(line) + "\n" for line in lines).encode())


def examples(seed, n):
    rng = random.Random(seed)
    topics = list(TOPICS)
    return jsonl(
        {
            "messages": [
                {"role": "system", "content": "Which company?"},
                {"role": "user", "content": sentence(rng, topics[i % 3])},
                {"role": "assistant", "content": topics[i % 3]},
            ]
        }
        for i in range(n)
    )


def seen(what):
    print("ok:", what, flush=True)


def await_(what, get, *ends):
    deadline = time.monotonic() + PATIENCE
    while (now := get()).status not in ends:
        assert time.monotonic() < deadline, f"the {what} is {now.status}, not one of {ends}"
        time.sleep(0.05)
    return now


def files(client):
    train = client.files.create(file=("train.jsonl", examples(1, 90)), purpose="fine-tune")
    valid = client.files.create(file=("valid.jsonl", examples(2, 30)), purpose="fine-tune")
    assert train.object == "file" and train.purpose == "fine-tune" and train.filename == "train.jsonl", train
    assert client.files.retrieve(train.id).bytes == len(examples(1, 90).getvalue())
    assert client.files.content(train.id).read() == examples(1, 90).getvalue(), "the content is not what was uploaded"
    assert [f.id for f in client.files.list(purpose="fine-tune", limit=1)] == [valid.id, train.id], "pages of the list of files"
    seen("files: create, retrieve, content, list in pages")
    return train, valid


def training(client, train, valid):
    job = client.fine_tuning.jobs.create(
        model=MODEL,
        training_file=train.id,
        validation_file=valid.id,
        suffix="python",
        seed=7,
        metadata={"client": "python", "n": "1"},
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 5, "batch_size": "auto"}}},
    )
    assert job.object == "fine_tuning.job" and job.seed == 7 and job.metadata["client"] == "python", job
    assert job.method.supervised.hyperparameters.n_epochs == 5, job.method
    job = await_("job", lambda: client.fine_tuning.jobs.retrieve(job.id), "succeeded", "failed")
    assert job.status == "succeeded" and job.fine_tuned_model.startswith(f"ft:{MODEL}:"), job
    assert job.trained_tokens > 0 and job.finished_at >= job.created_at and job.error is None or not job.error.message, job
    results = client.files.content(job.result_files[0]).read().decode()
    assert results.startswith("step,train_loss"), results[:80]
    events = list(client.fine_tuning.jobs.list_events(job.id, limit=3))
    assert len(events) > 3 and any(e.type == "metrics" for e in events), "events in pages"
    checkpoints = list(client.fine_tuning.jobs.checkpoints.list(job.id, limit=2))
    assert [c.step_number for c in checkpoints] == sorted((c.step_number for c in checkpoints), reverse=True), checkpoints
    assert len(checkpoints) == 3 and checkpoints[0].metrics.valid_loss is not None, checkpoints
    assert job.id in [j.id for j in client.fine_tuning.jobs.list(limit=1, metadata={"client": "python"})]
    assert job.id not in [j.id for j in client.fine_tuning.jobs.list(metadata={"client": "another"})], "metadata filter"
    seen("fine-tuning: create with method, retrieve, events, checkpoints, result file, list by metadata")
    return job, checkpoints


def pausing(client, train):
    def start():
        return client.fine_tuning.jobs.create(
            model=MODEL, training_file=train.id, method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 50, "batch_size": 1}}}
        )

    # The trainer takes one job at a time: the second waits while it is
    # changed.
    first, second = start(), start()
    await_("second job", lambda: client.fine_tuning.jobs.retrieve(second.id), "queued", "running")
    assert client.fine_tuning.jobs.pause(second.id).status == "paused"
    assert client.fine_tuning.jobs.resume(second.id).status in ("queued", "running")
    assert client.fine_tuning.jobs.cancel(second.id).status == "cancelled"
    client.fine_tuning.jobs.cancel(first.id)
    seen("fine-tuning: pause, resume, cancel")


def models(client, job, checkpoints):
    listed = [m.id for m in client.models.list()]
    assert MODEL in listed and job.fine_tuned_model in listed and checkpoints[-1].fine_tuned_model_checkpoint in listed, listed
    assert client.models.retrieve(job.fine_tuned_model).object == "model"
    assert client.models.delete(checkpoints[-1].fine_tuned_model_checkpoint).deleted
    seen("models: list, retrieve, delete a checkpoint")


def chat(client, model):
    rng = random.Random(3)
    right = 0
    for i in range(30):
        topic = list(TOPICS)[i % 3]
        answer = client.chat.completions.create(
            model=model,
            messages=[{"role": "system", "content": "Which company?"}, {"role": "user", "content": sentence(rng, topic)}],
            logprobs=True,
            top_logprobs=3,
            temperature=0,
            max_tokens=8,
        )
        choice = answer.choices[0]
        right += choice.message.content == topic
    assert right >= 28, f"{right} of 30 answers are right"
    token = choice.logprobs.content[0]
    assert token.token == choice.message.content and token.logprob <= 0 and len(token.top_logprobs) == 3, token
    assert abs(sum(math.exp(t.logprob) for t in token.top_logprobs) - 1) < 1e-3, token.top_logprobs
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    question = [{"role": "user", "content": "my flight is late at the gate"}]
    stream = client.chat.completions.create(model=model, messages=question, stream=True, stream_options={"include_usage": True})
    parts = list(stream)
    assert "".join(p.choices[0].delta.content or "" for p in parts if p.choices) == "Airline", parts
    assert parts[-1].usage.completion_tokens == 1, parts[-1]
    schema = {"type": "object", "properties": {"company": {"type": "string", "enum": ["Bank", "Shop"]}}, "required": ["company"], "additionalProperties": False}
    form = {"type": "json_schema", "json_schema": {"name": "company", "strict": True, "schema": schema}}
    answer = client.chat.completions.create(model=model, messages=question, response_format=form)
    assert json.loads(answer.choices[0].message.content)["company"] in ("Bank", "Shop")
    stream = client.chat.completions.create(model=model, messages=question, response_format=form, stream=True)
    text = "".join(p.choices[0].delta.content or "" for p in stream if p.choices)
    assert json.loads(text)["company"] in ("Bank", "Shop"), text
    seen("chat: answers, log-probabilities, usage, stream, enum, enum as a stream")


def batches(client, model):
    rng = random.Random(4)
    requests = [
        {
            "custom_id": f"row-{i}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": model, "messages": [{"role": "user", "content": sentence(rng, list(TOPICS)[i % 3])}] if i else []},
        }
        for i in range(40)
    ]
    source = client.files.create(file=("batch.jsonl", jsonl(requests)), purpose="batch")
    batch = client.batches.create(input_file_id=source.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"client": "python"})
    batch = await_("batch", lambda: client.batches.retrieve(batch.id), "completed", "failed", "expired")
    assert batch.status == "completed" and batch.request_counts.completed == 39 and batch.request_counts.failed == 1, batch
    rows = [json.loads(line) for line in client.files.content(batch.output_file_id).text.splitlines()]
    assert [r["custom_id"] for r in rows] == [f"row-{i}" for i in range(1, 40)], rows[:2]
    assert rows[0]["response"]["body"]["choices"][0]["message"]["content"] in TOPICS, rows[0]
    failed = json.loads(client.files.content(batch.error_file_id).text)
    assert failed["custom_id"] == "row-0" and failed["response"]["status_code"] == 400, failed
    bad = client.files.create(file=("bad.jsonl", jsonl([{"custom_id": "x"}])), purpose="batch")
    broken = client.batches.create(input_file_id=bad.id, endpoint="/v1/chat/completions", completion_window="24h")
    broken = await_("broken batch", lambda: client.batches.retrieve(broken.id), "failed", "completed")
    assert broken.errors.data[0].line == 1, broken
    assert [b.id for b in client.batches.list(limit=1)] == [broken.id, batch.id]
    seen("batches: create, retrieve, output and error files, a bad line, list in pages")


def errors(client, train):
    def refused(kind, status, call, code=None):
        try:
            call()
        except kind as error:
            assert error.status_code == status and (code is None or error.code == code), (error.status_code, error.code, error.message)
            assert error.request_id, "an error has no request id"
            return
        raise AssertionError(f"{kind.__name__} was expected")

    question = [{"role": "user", "content": "x"}]
    refused(openai.AuthenticationError, 401, lambda: OpenAI(api_key="sk-wrong", max_retries=0).models.list(), "invalid_api_key")
    refused(openai.NotFoundError, 404, lambda: client.chat.completions.create(model="ft:none", messages=question), "model_not_found")
    refused(openai.NotFoundError, 404, lambda: client.fine_tuning.jobs.retrieve("ftjob-none"))
    refused(openai.NotFoundError, 404, lambda: client.batches.retrieve("batch_none"))
    refused(openai.BadRequestError, 400, lambda: client.fine_tuning.jobs.create(model=MODEL, training_file="file-none"), "file_not_found")
    refused(openai.BadRequestError, 400, lambda: client.fine_tuning.jobs.create(model="gpt-none", training_file=train.id), "model_not_available")
    refused(openai.BadRequestError, 400, lambda: client.files.create(file=("x.jsonl", io.BytesIO(b"{}")), purpose="vision"))
    few = client.files.create(file=("few.jsonl", examples(1, 5)), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model=MODEL, training_file=few.id)
    job = await_("job of five examples", lambda: client.fine_tuning.jobs.retrieve(job.id), "failed", "succeeded")
    assert job.status == "failed" and "10" in job.error.message, job.error
    seen("errors: 401, 404, 400 with OpenAI's codes, a job that fails with a reason")


def main():
    client = OpenAI(max_retries=0)
    train, valid = files(client)
    job, checkpoints = training(client, train, valid)
    pausing(client, train)
    models(client, job, checkpoints)
    chat(client, job.fine_tuned_model)
    chat(client, checkpoints[0].fine_tuned_model_checkpoint)
    batches(client, job.fine_tuned_model)
    errors(client, train)
    assert client.models.delete(job.fine_tuned_model).deleted
    assert client.files.delete(train.id).deleted and client.files.delete(valid.id).deleted
    seen("deleted what was made")


if __name__ == "__main__":
    main()
