package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/pipeline"
)

// export writes calls as CSV, at most so many. It asks for one page after another, so
// that there may be any number.
func export(to io.Writer, in pipeline.ListCallsInput, most int, page func(pipeline.ListCallsInput) (pipeline.CallList, error)) error {
	out := csv.NewWriter(to)
	if err := out.Write(exportedColumns); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	for most > 0 {
		in.Limit = min(most, pipeline.PageSize)
		list, err := page(in)
		if err != nil {
			out.Flush()
			return err
		}
		for _, call := range list.Calls {
			if err := out.Write(exported(in.Task, call)); err != nil {
				return fmt.Errorf("writing CSV: %w", err)
			}
		}
		if most -= len(list.Calls); list.Next == "" {
			break
		}
		in.Cursor = list.Next
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}

var exportedColumns = []string{
	"call_id", "task", "channel", "language", "audio", "received_at", "stored_at", "answered_at", "answer_seconds",
	"status", "company", "confidence", "model", "error_code",
}

// exported is a call as a row. What is not known is empty.
func exported(task string, call pipeline.StoredCall) []string {
	confidence, took := "", ""
	if call.Company != "" {
		confidence = strconv.FormatFloat(call.Confidence, 'f', -1, 64)
	}
	if call.AnswerSeconds != nil {
		took = strconv.FormatFloat(*call.AnswerSeconds, 'f', 3, 64)
	}
	row := []string{
		call.CallID, task, call.Channel, call.Language, strconv.FormatBool(call.Audio), moment(call.ReceivedAt), moment(call.StoredAt), moment(call.AnsweredAt), took,
		statusOf(call), call.Company, confidence, call.Model, call.ErrorCode,
	}
	for i, cell := range row {
		row[i] = harmless(cell)
	}
	return row
}

func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// harmless keeps a spreadsheet from taking a cell for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
