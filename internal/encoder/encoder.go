// Package encoder makes sentence embeddings: vectors of length 1 that lie near
// each other where texts mean the like, and of zeros where there is no text. Package transformer runs the model.
//
// A model is a directory with one ONNX file, tokenizer.json and config.json, of
// any BERT-like encoder; tools/encoder exports one. A text's vector is the mean of
// its tokens' or, where 1_Pooling/config.json says so, that of its first token
// (Reimers and Gurevych, "Sentence-BERT", 2019). Where
// config_sentence_transformers.json names a default prompt, such as "query: ", it
// stands in front of every text, as in training.
//
//	e, err := encoder.Load(ctx, "/models/minilm")
//	vectors, err := e.Encode(ctx, texts, nil)
package encoder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"switchboard/internal/problem"
	"switchboard/internal/transformer"
)

// Encoder is a loaded model. It may be used from several goroutines.
type Encoder struct {
	model     *transformer.Model
	name      string
	maxTokens int
	width     int
	first     bool // the first token's vector stands for the text
	prompt    string
}

// Load reads a model and tries it once. Whatever is wrong with the directory is a
// [problem.Error] that says what.
//
// The context bounds the loading alone.
func Load(ctx context.Context, dir string) (*Encoder, error) {
	d, err := transformer.Inspect(dir)
	if err != nil {
		return nil, err
	}
	e := &Encoder{maxTokens: d.MaxTokens}
	if e.first, err = poolsFirst(dir); err != nil {
		return nil, err
	}
	if e.prompt, err = defaultPrompt(dir); err != nil {
		return nil, err
	}
	if e.model, err = transformer.Open(ctx, d); err != nil {
		return nil, err
	}
	e.name = e.named(d.SHA256)
	tried, err := e.Encode(ctx, []string{"My parcel never arrived."}, nil)
	if err != nil {
		_ = e.Close() // the model is not used
		return nil, transformer.Untried(dir, err)
	}
	e.width = len(tried[0])
	return e, nil
}

// named adds to the hash of the files what else makes other vectors of a text.
func (e *Encoder) named(hash string) string {
	if e.first {
		hash += " first"
	}
	if e.model.Unicode() {
		hash += " unicode"
	}
	if e.prompt != "" {
		sum := sha256.Sum256([]byte(e.prompt))
		hash += " prompt-" + hex.EncodeToString(sum[:4])
	}
	return hash
}

// longestPrompt bounds a prompt, in bytes: it takes tokens from the text.
const longestPrompt = 100

// defaultPrompt reads what stands in front of every text, nothing if nobody says.
func defaultPrompt(dir string) (string, error) {
	path := filepath.Join(dir, "config_sentence_transformers.json")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", problem.Input("the model directory %s cannot be read: %w", dir, err)
	}
	var c struct {
		Prompts map[string]string `json:"prompts"`
		Default string            `json:"default_prompt_name"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return "", problem.Input("%s cannot be read: %w", path, err)
	}
	if c.Default == "" {
		return "", nil
	}
	prompt, ok := c.Prompts[c.Default]
	switch {
	case !ok:
		return "", problem.Input("%s names the default prompt %q, which is none of its prompts", path, c.Default)
	case len(prompt) > longestPrompt:
		return "", problem.Input("%s has a default prompt of %d bytes: at most %d are possible, for it stands in front of every text", path, len(prompt), longestPrompt)
	}
	return prompt, nil
}

// poolsFirst reads how vectors of tokens become one of a text.
func poolsFirst(dir string) (bool, error) {
	path := filepath.Join(dir, "1_Pooling", "config.json")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, problem.Input("the model directory %s cannot be read: %w", dir, err)
	}
	var pooling struct {
		First bool `json:"pooling_mode_cls_token"`
		Mean  bool `json:"pooling_mode_mean_tokens"`
	}
	if err := json.Unmarshal(raw, &pooling); err != nil {
		return false, problem.Input("%s cannot be read: %w", path, err)
	}
	if pooling.First == pooling.Mean {
		return false, problem.Input("%s asks for neither the mean of the tokens nor the first one alone, which is what this program can do", path)
	}
	return pooling.First, nil
}

// Close frees the model. The encoder must not be used any more.
func (e *Encoder) Close() error { return e.model.Close() }

// Name is the SHA-256 of the model's files, and behind it "first" if the first
// token stands for the text, "unicode" if the text is not folded to ASCII, and the
// beginning of the hash of a prompt. Encoders of the same name make the same
// vectors.
func (e *Encoder) Name() string { return e.name }

// Width returns how many numbers a vector has; less than 1 if the model's file
// does not say.
func (e *Encoder) Width() int { return e.model.Width() }

// bytesPerToken bounds how much of a text is cut into tokens. English has four to
// five bytes a token.
const bytesPerToken = 8

// Encode returns a vector for each text, of what the model sees of it: the
// beginning, up to [transformer.LongestText] tokens. The same texts in one call
// give the same vectors; a text alone may give other last bits than among others. A
// text without a single token, such as an empty one for a model that puts nothing
// around texts, has the vector of zeros.
//
// It calls progress, unless that is nil, with the number of texts done so far. An
// error is the context's or the model's.
func (e *Encoder) Encode(ctx context.Context, texts []string, progress func(done int)) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	inputs := make([]transformer.Input, len(texts))
	var order []int
	for i, text := range texts {
		input, err := e.tokenize(text)
		if err != nil {
			return nil, err
		}
		if len(input.TokenIDs) == 0 {
			vectors[i] = make([]float32, e.width)
			continue
		}
		inputs[i] = input
		order = append(order, i)
	}
	// Texts of like length share a batch: padding costs as much as text.
	slices.SortStableFunc(order, func(a, b int) int { return len(inputs[a].TokenIDs) - len(inputs[b].TokenIDs) })
	done := len(texts) - len(order)
	for batch := range slices.Chunk(order, transformer.MaxRows) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		rows := make([]transformer.Input, len(batch))
		for i, at := range batch {
			rows[i] = inputs[at]
		}
		tokens, err := e.model.Run(rows)
		if err != nil {
			return nil, err
		}
		for i, at := range batch {
			vectors[at] = e.pool(tokens[i][:len(rows[i].TokenIDs)])
		}
		if done += len(batch); progress != nil {
			progress(done)
		}
	}
	return vectors, nil
}

func (e *Encoder) tokenize(text string) (transformer.Input, error) {
	text = e.prompt + text
	if !e.model.Unicode() {
		text, _ = transformer.Fold(text)
	}
	input, err := e.model.Tokenize(beginning(text, e.maxTokens*bytesPerToken))
	if err != nil {
		return transformer.Input{}, err
	}
	return transformer.Cut(input, e.maxTokens), nil
}

// beginning returns at most n bytes of a text, and no part of a character.
func beginning(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// pool makes one vector of length 1 of those of all tokens.
func (e *Encoder) pool(tokens [][]float32) []float32 {
	if e.first {
		tokens = tokens[:1]
	}
	sum := make([]float32, len(tokens[0]))
	for _, token := range tokens {
		for i, v := range token {
			sum[i] += v
		}
	}
	var square float64
	for _, v := range sum {
		square += float64(v) * float64(v)
	}
	if square == 0 {
		return sum
	}
	norm := float32(1 / math.Sqrt(square))
	for i := range sum {
		sum[i] *= norm
	}
	return sum
}
