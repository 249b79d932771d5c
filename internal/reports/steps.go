package reports

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Step is one line of a fine-tuning job's step_metrics.csv: how the model
// stood after that many optimizer steps. A figure that was not measured at
// the step is NaN; validation figures commonly are, at most steps.
type Step struct {
	// Step counts from 1 (0 is accepted: before any training).
	Step int
	// TrainLoss and ValidLoss are mean cross-entropies in nats, 0 or more.
	TrainLoss, ValidLoss float64
	// TrainAccuracy and ValidAccuracy are shares between 0 and 1, of tokens
	// or of examples, whichever the provider counts.
	TrainAccuracy, ValidAccuracy float64
}

// The columns of OpenAI's result file that a [Step] is read from.
const (
	stepColumn          = "step"
	trainLossColumn     = "train_loss"
	trainAccuracyColumn = "train_accuracy"
	validLossColumn     = "valid_loss"
	validAccuracyColumn = "valid_mean_token_accuracy"
)

// ReadSteps parses the step_metrics.csv that OpenAI's fine-tuning API, and
// every trainer that speaks its protocol, gives as a job's result file.
//
// Columns are found by name, in any order; only step is required and unknown
// ones are ignored. An empty cell, and a figure that is not finite (a loss
// that overflowed), is missing. The file may begin with a byte order mark,
// and may be encoded in base64 as a whole, as OpenAI has served it at times.
// A file with a header alone gives no steps and no error. Errors name the
// line and the column, and repeat no cell.
func ReadSteps(r io.Reader) ([]Step, error) {
	cells := csv.NewReader(plainText(r))
	cells.ReuseRecord = true
	header, err := cells.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("reading step metrics: the file is empty; expected a header with the column step")
	}
	if err != nil {
		return nil, fmt.Errorf("reading step metrics: %w", err)
	}
	columns := make(map[string]int, len(header))
	for i, name := range header {
		name = strings.TrimSpace(name)
		if _, seen := columns[name]; seen && name != "" {
			return nil, fmt.Errorf("reading step metrics: line 1: the columns %d and %d have the same name", columns[name]+1, i+1)
		}
		columns[name] = i
	}
	if _, ok := columns[stepColumn]; !ok {
		return nil, errors.New("reading step metrics: line 1: the column step is missing")
	}

	var steps []Step
	for {
		row, err := cells.Read()
		if errors.Is(err, io.EOF) {
			return steps, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading step metrics: %w", err)
		}
		step, err := parseStep(row, columns)
		if err != nil {
			line, _ := cells.FieldPos(0)
			return nil, fmt.Errorf("reading step metrics: line %d: %w", line, err)
		}
		steps = append(steps, step)
	}
}

// FormatSteps writes steps as [ReadSteps] reads them, in their order. A figure
// that is missing is an empty cell.
func FormatSteps(steps []Step) []byte {
	var file bytes.Buffer
	file.WriteString(strings.Join([]string{stepColumn, trainLossColumn, trainAccuracyColumn, validLossColumn, validAccuracyColumn}, ",") + "\n")
	for _, s := range steps {
		file.WriteString(strconv.Itoa(s.Step))
		for _, figure := range []float64{s.TrainLoss, s.TrainAccuracy, s.ValidLoss, s.ValidAccuracy} {
			file.WriteByte(',')
			if !math.IsNaN(figure) {
				file.WriteString(strconv.FormatFloat(figure, 'g', -1, 64))
			}
		}
		file.WriteByte('\n')
	}
	return file.Bytes()
}

// plainText strips a byte order mark and decodes base64, if r begins so.
func plainText(r io.Reader) io.Reader {
	buffered := bufio.NewReader(r)
	if start, _ := buffered.Peek(3); bytes.Equal(start, []byte("\xEF\xBB\xBF")) {
		_, _ = buffered.Discard(3)
	}
	// "step," in base64, whatever the sixth character is.
	if start, _ := buffered.Peek(6); bytes.Equal(start, []byte("c3RlcC")) {
		return base64.NewDecoder(base64.StdEncoding, buffered)
	}
	return buffered
}

func parseStep(row []string, columns map[string]int) (Step, error) {
	number, err := figure(row, columns, stepColumn)
	if err != nil {
		return Step{}, err
	}
	// Beyond 2^53 neighbouring integers are no longer told apart.
	if !(number >= 0 && number <= 1<<53 && number == math.Trunc(number)) {
		return Step{}, errors.New("column step: not a whole number")
	}
	step := Step{Step: int(number)}
	for name, target := range map[string]*float64{
		trainLossColumn:     &step.TrainLoss,
		trainAccuracyColumn: &step.TrainAccuracy,
		validLossColumn:     &step.ValidLoss,
		validAccuracyColumn: &step.ValidAccuracy,
	} {
		if *target, err = figure(row, columns, name); err != nil {
			return Step{}, err
		}
	}
	return step, nil
}

// figure is the finite number in a named column, NaN if there is none.
func figure(row []string, columns map[string]int, name string) (float64, error) {
	i, ok := columns[name]
	if !ok {
		return math.NaN(), nil
	}
	cell := strings.TrimSpace(row[i])
	if cell == "" {
		return math.NaN(), nil
	}
	value, err := strconv.ParseFloat(cell, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("column %s: not a number", name)
	}
	if math.IsInf(value, 0) {
		return math.NaN(), nil
	}
	return value, nil
}

// sorted returns the steps in ascending order, the slice untouched.
func sorted(steps []Step) []Step {
	ordered := slices.Clone(steps)
	slices.SortStableFunc(ordered, func(a, b Step) int { return a.Step - b.Step })
	return ordered
}
