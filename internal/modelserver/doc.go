// Package modelserver serves the linear classifier of internal/classifier, and open
// language models, over OpenAI's wire protocol, so that any OpenAI client can train
// them and ask them.
//
// # What it is
//
// The base model [BaseModel] is a softmax regression over hashed n-grams. A server
// with a sentence encoder has a second one, [HybridModel], which learns from the
// encoder's embeddings as well, and is asked where the same encoder is. Others are
// language models ([Options.LanguageModels]), which package languagemodel trains and
// asks. A model
// learns to give a text one label out of those it was trained with, and can do
// nothing else: it writes no text, follows no instruction, and does not read
// the system message. Untrained it has no labels and answers nothing.
//
// # How a client uses it
//
//	POST /v1/files                     a JSONL file, purpose "fine-tune"
//	POST /v1/fine_tuning/jobs          training_file, model switchboard-softmax-1
//	GET  /v1/fine_tuning/jobs/{id}     until "succeeded": fine_tuned_model
//	POST /v1/chat/completions          model ft:switchboard-softmax-1:...
//	POST /v1/switchboard/explain       the same: why it answers so, which no other server tells
//
// An example has at least one user message and ends with its one assistant
// message: the label. System and developer messages are allowed and ignored,
// in training and in answering alike. Several user messages are joined by line
// breaks.
//
// # Where it differs from a generative model
//
//   - An answer is one label, whole, and normally counts as one token. With logprobs,
//     logprobs.content has one entry: the label and the logarithm of its
//     calibrated probability; top_logprobs has the runners-up.
//   - A response_format with a JSON schema may have one choice in it: an object
//     with one property, a string with an enum. The answer is the likeliest
//     label of the enum, in such an object; the probabilities are those under
//     the condition that it is one of them. This answer counts as three tokens,
//     of which the label is the second: what stands around it is certain.
//     Other schemas are refused.
//   - temperature, top_p, seed and the penalties are accepted and change
//     nothing: the answer is always the likeliest label.
//   - A job that starts from [HybridModel] tells in its events how far it is with
//     encoding the examples, which takes longer than the training.
//   - Tokens in usage and trained_tokens are counted by a simple rule: a run of
//     letters and digits is one, every other character that is not white space
//     is one, and a label is one. trained_tokens is the count over the training
//     file, times the epochs that were trained.
//   - Lines that are alike are one example with a weight: they are read, encoded and
//     learnt together, which is faster. Tokens, steps and examples count the lines.
//     The trainer of a language model is given the lines.
//   - A metric that OpenAI counts by token is counted by example here.
//   - batch_size, n_epochs and learning_rate_multiplier mean what they say;
//     "auto" is 32, 8 and 1. The seed defaults to [DefaultSeed], so that the
//     same job gives the same model. With a validation file, n_epochs is the
//     most: training stops when two epochs in a row get no better on it, and the
//     model is that of the best.
//   - Cancelling a job that is already cancelled answers with the job, and so do
//     pausing a paused one and resuming one that is under way.
//   - The models of a job's last three epochs are checkpoints: each has a name,
//     and can be asked and deleted like any model.
//   - A batch is answered in the order of its input, on turns that interactive
//     requests leave, and in the same words. One that is cancelled keeps the
//     answers it has; one whose 24 hours are over has its other requests in its
//     error file, as batch_expired. Its requests and tokens count against no
//     key's rates.
//   - Of a job's events the first 100 and the latest 400 are kept.
//   - Keys that are admin are shown an additional field, owner, of files, jobs,
//     batches and models. Their lists have what others made where the query asks for it,
//     with owner=NAME or owner=*.
//   - A paused job that is resumed is trained from the start. It ends in the
//     same model, and counts among the active jobs all the while. One that starts
//     from a language model goes on from where it was saved.
//   - For a language model, "auto" is 8, 3 and 1, and its events tell every tenth of
//     the steps.
//   - Where hyperparameters stand both in method and beside it, method counts.
//
// # What is on disk
//
// Everything is under one directory: files/ holds uploads and result files,
// jobs/ and batches/ one JSON record each, models/ one file a trained model or
// checkpoint, named after its job, which is a folder with an adapter for a language
// model, and training/ a folder for each job whose trainer has saved where it is.
// Records are written to a temporary name, synced
// and renamed, so that a process killed at any moment leaves each of them old
// or new. At the start, jobs and batches that were not done are taken up again:
// they start over, and because they are deterministic, end in the same bytes. A lock
// keeps a second server out of the directory.
//
// # Whose things are whose
//
// Every file, job, model, checkpoint and batch belongs to the key that made it.
// To other keys it does not exist: they get the answer, to the letter, that
// something unknown gets, whatever they ask for by its id. The owner is the name
// of the key ([Key.Name]), so that its value can be replaced, or follows from the
// value where a key has no name. A key that is admin sees, uses, stops and
// removes everything; what it makes is its own. What was made before there were
// owners goes to the only key at the first start, or waits for [Assign].
//
// # What keeps it up for many
//
// Each key has its own limits ([Key]), and answers say what is left of its rates
// in OpenAI's headers. Keys take turns: at training, at batches, and at chat
// completions, which are work for the CPU alone and have a bounded queue for each
// key. Completions of language models have a queue of their own, because they share
// passes. Uploads and jobs have a quota ([Options.MaxDiskBytes]), and the memory of a
// training is bounded before it starts ([Options.MaxTrainingBytes]). A
// client that trickles a request, or does not read its answer, is sent away
// after a time, and keeps no turn in the queue meanwhile. What goes on is told
// by /metrics, and whether more should come by /readyz. [Faults] makes things
// fail on purpose, for the tests of clients.
//
// Texts, labels and file names reach no log, and error messages name lines and
// reasons, never content.
package modelserver
