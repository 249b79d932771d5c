// Package cost tells what a fine-tuning and its use cost, before anything is
// uploaded.
//
// A [Table] holds what providers ask, by base model; the shipped one can be
// added to and overridden by a file. Tokens are counted with the vocabulary of
// the model: those of OpenAI's come with the program. Prices change without
// notice: each says where and when it was read, and an estimate is no better.
//
// What is estimated is what a run spends: training, the answers to the
// validation and test examples that the model is judged by, and, for comparison,
// a thousand conversations of production.
package cost
