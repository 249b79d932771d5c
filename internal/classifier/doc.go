// Package classifier is a linear text classifier that trains on a CPU in
// seconds: multinomial logistic regression (softmax regression) over hashed
// n-grams of words and characters and, if they are given, sentence embeddings.
//
// # How it works
//
// A text becomes a sparse vector. Single words, pairs of neighbouring words
// and all runs of 3 to 5 characters are hashed into 2^24 buckets; buckets
// that at least two training examples share become features, weighted by
// tf-idf and scaled to length 1. Each class has one weight a feature. The sum
// of weight times value is the class's score, and softmax turns the scores
// into probabilities.
//
// An embedding, which package encoder makes, adds its numbers as they are, as
// features beside those.
//
// Training minimises the cross-entropy by stochastic gradient descent with
// AdaGrad step sizes (Duchi, Hazan, Singer, "Adaptive Subgradient Methods",
// 2011), which give a rare word the large steps it needs. Label smoothing
// keeps the weights from growing without end once every training example is
// right, and rare classes weigh more than frequent ones. With a validation set,
// training stops when it gets no better on it, and the best epoch's weights are
// kept (early stopping).
//
// Examples that are alike are one with a weight: it is shown once an epoch, and its
// gradient is multiplied by the root of what it weighs beside the others of its class.
//
// A model trained with a validation set answers with calibrated
// probabilities: its scores are divided by the temperature that fits the
// validation set best (Guo et al., "On Calibration of Modern Neural
// Networks", 2017). Without one the temperature is 1.
//
// # What it promises
//
// The same examples, options and seed give the same model, bit for bit on
// one kind of processor, on any number of cores: examples are scored in
// parallel, and each weight is updated by one core alone, in the order of the
// examples.
//
// A model holds no text: features are bucket numbers. It does hold the class
// names. A saved model carries a version and a checksum and stays below
// [MaxFileBytes].
//
//	model, err := classifier.Train(ctx, train, validation, classifier.Options{Seed: 1})
//	...
//	best := model.Predict("My parcel never arrived")[0]
//	fmt.Println(best.Label, best.Probability)
package classifier
