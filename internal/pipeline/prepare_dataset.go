package pipeline

import (
	"path"
	"strings"
)

// Kind says which columns a dataset must have.
type Kind string

const (
	// Training data has authors; they give the labels.
	Training Kind = "training"
	// Production data has neither authors nor mentions.
	Production Kind = "production"
)

// PrepareInput starts a PrepareDataset, the child of the other workflows.
type PrepareInput struct {
	Dataset   string `json:"dataset"`
	Kind      Kind   `json:"kind"`
	MaxTweets int    `json:"max_tweets"`
	// MaxUnusable is as in [FineTuneInput]; 0 is the default.
	MaxUnusable float64 `json:"max_unusable,omitempty"`
	// Dir is the folder of the parent's artifacts.
	Dir string `json:"dir"`
	// Force does the work even if an earlier run has done the same.
	Force bool `json:"force,omitempty"`
}

// PrepareCounts tells what a dataset held.
type PrepareCounts struct {
	Tweets int64 `json:"tweets"`
	// Headers counts rows that repeat the header and are no tweets.
	Headers       int64 `json:"headers,omitempty"`
	Conversations int64 `json:"conversations"`
	Threads       int64 `json:"threads"`
	// Companies counts the known companies; production data has none, which is not
	// to be taken for a count.
	Companies int `json:"companies,omitempty"`
	// Anomalies counts what was wrong in the file, by kind; the load report
	// among the artifacts has example ids.
	Anomalies map[string]int64 `json:"anomalies,omitempty"`
	// Spans counts what the anonymizer replaced, by kind. What is in a tweet
	// counts once, however many conversations it is in; again only where a thread
	// is larger than a part.
	Spans map[string]int64 `json:"spans,omitempty"`
}

// PrepareResult is what PrepareDataset leaves.
type PrepareResult struct {
	Dataset DatasetRef    `json:"dataset"`
	Counts  PrepareCounts `json:"counts"`
	// LoadReport lists the anomalies with example ids, and the labels.
	LoadReport Ref `json:"load_report"`
	// Duplicates lists the rows that repeat another row's tweet.
	Duplicates Ref `json:"duplicates"`
	// Conversations, Anonymized and Audit have one part each per index.
	Conversations []Ref `json:"conversations"`
	Anonymized    []Ref `json:"anonymized"`
	Audit         []Ref `json:"audit"`
	// Clearance is for all parts. EvaluationFile has its evaluation among the
	// run's artifacts.
	Clearance
	EvaluationFile Ref         `json:"evaluation_file"`
	Stages         []StageTime `json:"stages"`
}

// DatasetRef is an input file as it was read.
type DatasetRef struct {
	// URL is the path or URL as given.
	URL string `json:"url"`
	// SHA256 is over the file's bytes as stored, compressed or not.
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	// Rows does not count the header.
	Rows int64 `json:"rows"`
}

// DatasetName is a file's name without its folder, empty for no file.
func DatasetName(dataset string) string {
	if dataset == "" {
		return ""
	}
	name, _, _ := strings.Cut(path.Base(dataset), "?")
	return name
}
