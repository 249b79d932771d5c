// Package languagemodel fine-tunes open language models and asks them, through a
// program in Python that the model server starts as a child: trainer/, at the
// repository's top.
//
// A base model ([Base]) is what somebody put onto the machine: a folder as Hugging
// Face has it, or one GGUF file. It is registered in a JSON file with its licence
// and its SHA-256, which is held against what is on the disk when the file is read
// ([Load]):
//
//	[{"name": "smollm2-135m", "path": "SmolLM2-135M-Instruct.Q4_1.gguf", "kind": "causal",
//	  "licence": "Apache-2.0", "sha256": "2fa3..."}]
//
// A base model that is not there, or is not what it was registered as, is not
// available, and the log says why. The others are: who trains on one of them, or
// asks a model made of it, has nothing to do with a disk that is missing.
//
// [Models.Train] teaches a base the labels of a set of examples and leaves adapters:
// folders with a LoRA adapter or, for an encoder, all of its weights.
// [Models.Answer] asks one of them, which gives each label its log-probability and
// can give nothing else. Texts that several callers ask about meanwhile share one
// pass through the model.
//
// # The child
//
// It speaks lines of JSON. It gets no variable of the environment but those that
// Python and a GPU's libraries need, so that no key of the server reaches it, and no
// network is asked for weights. It has a process group of its own, which is killed
// with it, and on Linux it dies with the server. What it says is bounded and checked.
// Its standard error is not trusted to keep texts to itself: lines are counted, and
// thrown away.
package languagemodel
