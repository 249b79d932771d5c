package merge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchboard/internal/dataset"
)

var addedColumns = []string{"conversation_id", "company", "confidence", "status", "error_code"}

// Columns returns the names of the output's columns: those of the input's header,
// and behind them conversation_id, company, confidence, status and error_code. A
// name that is there already, in whatever case, gets the next free number: the
// input may be an earlier output.
func Columns(header []string) []string {
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

// Row returns the values of the added columns for row n of the input, from 0, and
// counts the row. A row that is in no conversation must repeat the header, which
// is asked then; any other is an error.
func (m *Merge) Row(n int64, repeatsHeader func() bool) ([]string, error) {
	a := m.rows[n]
	if a.Status == "" && repeatsHeader() {
		a = Answer{Conversation: -n - 1, Company: dataset.Unknown, Status: dataset.Skipped}
	}
	if a.Status == "" {
		return nil, fmt.Errorf("row %d of the input is in no conversation", n)
	}
	m.written[string(a.Status)]++
	return []string{
		strconv.FormatInt(a.Conversation, 10), a.Company,
		strconv.FormatFloat(a.Confidence, 'f', 4, 64), string(a.Status), a.ErrorCode,
	}, nil
}
