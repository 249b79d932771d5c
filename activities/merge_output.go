package activities

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/registry"
	"switchboard/internal/tweet"
)

// MergeOutputInput names the input file, and the examples and predictions of
// each part in the same order.
type MergeOutputInput struct {
	Dataset     pipeline.DatasetRef `json:"dataset"`
	Examples    []artifact.Ref      `json:"examples"`
	Predictions []artifact.Ref      `json:"predictions"`
	// Duplicates lists the rows that share the fate of another.
	Duplicates artifact.Ref `json:"duplicates"`
	// MaxUnusable is the largest share of answers that may be no label; 0 is
	// [pipeline.DefaultMaxUnusable].
	MaxUnusable float64 `json:"max_unusable,omitempty"`
	// Threshold is the confidence below which an answer becomes Unknown.
	Threshold float64 `json:"threshold"`
	// Model of Task gave the predictions; Origin is what it was trained on.
	Task   string           `json:"task,omitempty"`
	Model  string           `json:"model,omitempty"`
	Origin *pipeline.Origin `json:"origin,omitempty"`
	// Provider, BaseModel and Batches are what the answers' price depends on.
	Provider  string `json:"provider,omitempty"`
	BaseModel string `json:"base_model,omitempty"`
	Batches   bool   `json:"batches,omitempty"`
	Dir       string `json:"dir"`
}

// MergeOutputResult names the output and counts what is in it.
type MergeOutputResult struct {
	Output artifact.Ref         `json:"output"`
	Counts pipeline.ApplyCounts `json:"counts"`
	// Warnings are as in [pipeline.ApplyResult].
	Warnings []string `json:"warnings,omitempty"`
	// Companies counts conversations by company, for the chart.
	Companies artifact.Ref `json:"companies"`
}

// MergeOutput writes output/output.csv: one row for every row of the input, in
// its order, with all its columns and then conversation_id, company,
// confidence, status and error_code, with a number behind a name that the input has
// already. A tweet on several conversations takes the most confident one. A row that
// repeats the header is in none. The input must be the file that was staged, to the byte. How
// sure the model was is recorded with it, in counts, and held against its own test.
func (d *Data) MergeOutput(ctx context.Context, in MergeOutputInput) (MergeOutputResult, error) {
	m := merge{
		threshold: in.Threshold,
		rows:      make([]verdict, in.Dataset.Rows),
		companies: make(map[string]int),
		result:    MergeOutputResult{Counts: pipeline.ApplyCounts{RowStatuses: make(map[string]int64), ConversationStatuses: make(map[string]int64)}},
	}
	for i := range in.Examples {
		if err := d.mergePart(ctx, &m, in.Examples[i], in.Predictions[i]); err != nil {
			return MergeOutputResult{}, err
		}
	}
	if err := d.mergeDuplicates(ctx, &m, in.Duplicates); err != nil {
		return MergeOutputResult{}, err
	}
	var err error
	if err := worthWriting(m.result.Counts, in.MaxUnusable); err != nil {
		return MergeOutputResult{}, err
	}
	if m.result.Output, err = d.writeOutput(ctx, in, &m); err != nil {
		return MergeOutputResult{}, err
	}
	m.finish()
	if price, known := d.Prices.Find(in.Provider, in.BaseModel); known {
		m.result.Counts.Cost, m.result.Counts.Priced = price.Answers(m.asked, m.answered, in.Batches), true
	}
	confidences := evaluate.ConfidenceBins(m.confidences)
	if in.Origin != nil {
		m.result.Warnings = evaluate.Unlike(evaluate.Test(*in.Origin), m.practice(confidences))
	}
	if in.Model != "" {
		a := registry.Application{Run: in.Dir, At: time.Now(), Model: in.Model, Confidences: confidences}
		if err := d.Models.Task(in.Task).RecordApplication(ctx, a); err != nil {
			return MergeOutputResult{}, err
		}
	}
	m.result.Companies, err = d.Store.WriteJSON(ctx, in.Dir+"/output/companies.json", m.companies)
	return m.result, err
}

// worthWriting refuses answers that are none: too many that are no label, or not
// one conversation answered in all attempts. What was answered is kept, so that
// another run pays for none of it.
func worthWriting(c pipeline.ApplyCounts, limit float64) error {
	invalid, failed := c.ConversationStatuses[string(dataset.Invalid)], c.ConversationStatuses[string(dataset.Failed)]
	answers := c.Answers()
	switch {
	case failed > 0 && answers == 0:
		return problem.New(problem.Refused, "the provider answered none of %d conversations in all attempts: when it answers again, start the run again", failed)
	case tooManyInvalid(int(invalid), int(answers), limit):
		return problem.New(problem.Refused, "%d of %d answers of the model were no label, so there is no output: use another model, or raise the limit with --max-unusable; the answers are kept and not paid for again", invalid, answers)
	}
	return nil
}

// verdict is what the output says of one row.
type verdict struct {
	conversation int64
	company      string
	confidence   float64
	status       dataset.Status
	errorCode    string
}

// beats tells whether v says more about a row than w: an answer more than
// none, a surer one more than a less sure one.
func (v verdict) beats(w verdict) bool {
	if a, b := rank[v.status], rank[w.status]; a != b {
		return a > b
	}
	return v.confidence > w.confidence
}

var rank = map[dataset.Status]int{
	dataset.Classified: 5, dataset.Unsure: 4, dataset.Invalid: 3, dataset.Failed: 2, dataset.Empty: 1,
}

type merge struct {
	threshold float64
	rows      []verdict
	companies map[string]int
	// asked and answered are the tokens of questions and answers.
	asked, answered int64
	confidences     []float64
	result          MergeOutputResult
}

func (d *Data) mergePart(ctx context.Context, m *merge, examples, predictions artifact.Ref) error {
	list, err := rows[dataset.Example](ctx, d.Store, examples)
	if err != nil {
		return err
	}
	said, err := rows[dataset.Prediction](ctx, d.Store, predictions)
	if err != nil {
		return err
	}
	if len(said) != len(list) {
		return fmt.Errorf("merging: %s has %d conversations, %s has %d", examples.Path, len(list), predictions.Path, len(said))
	}
	for i, p := range said {
		if p.ConversationID != list[i].ID {
			return fmt.Errorf("merging: row %d of %s is conversation %d, of %s conversation %d", i, examples.Path, list[i].ID, predictions.Path, p.ConversationID)
		}
		m.add(list[i].Rows, p)
	}
	return nil
}

// mergeDuplicates gives each row that repeats an earlier tweet what that tweet
// got.
func (d *Data) mergeDuplicates(ctx context.Context, m *merge, ref artifact.Ref) error {
	duplicates, err := rows[dataset.Duplicate](ctx, d.Store, ref)
	if err != nil {
		return err
	}
	for _, dup := range duplicates {
		m.rows[dup.Row] = m.rows[dup.First]
	}
	return nil
}

func (m *merge) add(rows []int32, p dataset.Prediction) {
	v := decide(p, m.threshold)
	m.companies[v.company]++
	m.result.Counts.Conversations++
	m.result.Counts.ConversationStatuses[string(v.status)]++
	if p.Status == dataset.Classified {
		m.confidences = append(m.confidences, p.Confidence)
	}
	m.asked += int64(p.PromptTokens)
	m.answered += int64(p.AnswerTokens)
	for _, row := range rows {
		if v.beats(m.rows[row]) {
			m.rows[row] = v
		}
	}
}

// decide applies the threshold to a model's answer.
func decide(p dataset.Prediction, threshold float64) verdict {
	v := verdict{conversation: p.ConversationID, company: p.Company, confidence: p.Confidence, status: p.Status, errorCode: p.ErrorCode}
	if v.status == dataset.Classified && (v.company == dataset.Unknown || v.confidence < threshold) {
		v.company, v.status = dataset.Unknown, dataset.Unsure
	}
	return v
}

func (m *merge) finish() {
	c := &m.result.Counts
	c.Tokens = m.asked + m.answered
	c.Companies = len(m.companies)
	if m.companies[dataset.Unknown] > 0 {
		c.Companies--
	}
	c.UnknownShare = evaluate.ShareOf(int64(m.companies[dataset.Unknown]), c.Conversations)
}

// practice counts the conversations that the model was asked about and answered as
// its test's were: there, none is empty, and none fails.
func (m *merge) practice(confidences map[int]int64) evaluate.Practice {
	statuses := m.result.Counts.ConversationStatuses
	return evaluate.Practice{
		Given:       statuses[string(dataset.Classified)],
		Unknown:     statuses[string(dataset.Unsure)] + statuses[string(dataset.Invalid)],
		Confidences: confidences,
	}
}

var addedColumns = []string{"conversation_id", "company", "confidence", "status", "error_code"}

// outputColumns returns the names of the columns behind those of a header. A name
// that is there already, in whatever case, gets the next free number: the input may
// be an earlier output.
func outputColumns(header []string) []string {
	taken := make(map[string]bool, len(header)+len(addedColumns))
	for _, name := range header {
		taken[strings.ToLower(strings.TrimSpace(name))] = true
	}
	columns := slices.Clone(header)
	for _, name := range addedColumns {
		unique := name
		for n := 2; taken[unique]; n++ {
			unique = name + "_" + strconv.Itoa(n)
		}
		taken[unique] = true
		columns = append(columns, unique)
	}
	return columns
}

func (d *Data) writeOutput(ctx context.Context, in MergeOutputInput, m *merge) (artifact.Ref, error) {
	src, err := reopenSource(ctx, in.Dataset.URL)
	if err != nil {
		return artifact.Ref{}, err
	}
	defer src.Close()
	reader, err := tweet.NewRows(src, src.name)
	if err != nil {
		return artifact.Ref{}, err
	}

	w, err := d.Store.Create(ctx, in.Dir+"/output/output.csv")
	if err != nil {
		return artifact.Ref{}, err
	}
	defer w.Abort()
	buffered := bufio.NewWriterSize(w, 1<<20)
	out := csv.NewWriter(buffered)
	if err := out.Write(outputColumns(reader.Header())); err != nil {
		return artifact.Ref{}, fmt.Errorf("writing the output: %w", err)
	}
	n, err := m.writeRows(ctx, reader, out)
	if err != nil {
		return artifact.Ref{}, err
	}
	// A compressed file may have bytes behind its last block; the hash is
	// over all of them.
	if _, err := io.Copy(io.Discard, src); err != nil {
		return artifact.Ref{}, fmt.Errorf("reading the dataset to its end: %w", err)
	}
	if n != in.Dataset.Rows || src.sum() != in.Dataset.SHA256 {
		return artifact.Ref{}, problem.Input("the file %s changed while the run was under way (it had %d rows, now %d); start the run again", in.Dataset.URL, in.Dataset.Rows, n)
	}
	out.Flush()
	if err := errors.Join(out.Error(), buffered.Flush()); err != nil {
		return artifact.Ref{}, fmt.Errorf("writing the output: %w", err)
	}
	if err := w.Close(); err != nil {
		return artifact.Ref{}, err
	}
	return w.Ref(n), nil
}

func (m *merge) writeRows(ctx context.Context, in *tweet.Rows, out *csv.Writer) (n int64, err error) {
	repeatsHeader := in.RepeatsHeader()
	for ; ; n++ {
		record, err := in.Next()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if n >= int64(len(m.rows)) {
			continue // the file grew; counted, and refused by the caller
		}
		if n%65536 == 0 {
			if ctx.Err() != nil {
				return n, context.Cause(ctx)
			}
			report(ctx, pipeline.Progress{Done: n, Total: int64(len(m.rows)), Unit: "rows"})
		}
		v := m.rows[n]
		if v.status == "" && repeatsHeader(record) {
			v = verdict{conversation: -n - 1, company: dataset.Unknown, status: dataset.Skipped}
		}
		if v.status == "" {
			return n, fmt.Errorf("merging: row %d of the input is in no conversation", n)
		}
		m.result.Counts.Rows++
		m.result.Counts.RowStatuses[string(v.status)]++
		if err := out.Write(append(record, v.columns()...)); err != nil {
			return n, fmt.Errorf("writing the output: %w", err)
		}
	}
}

func (v verdict) columns() []string {
	return []string{
		strconv.FormatInt(v.conversation, 10), v.company,
		strconv.FormatFloat(v.confidence, 'f', 4, 64), string(v.status), v.errorCode,
	}
}
