package activities

import (
	"errors"
	"testing"

	"go.temporal.io/sdk/temporal"

	"switchboard/internal/problem"
)

// A user's mistake is not logged as an error of the worker's, which the SDK does with
// everything that is not benign. What the worker lacks is.
func TestUsersMistakesAreNoErrorsOfTheWorker(t *testing.T) {
	for kind, want := range map[problem.Kind]temporal.ApplicationErrorCategory{
		problem.BadInput:    temporal.ApplicationErrorCategoryBenign,
		problem.Environment: temporal.ApplicationErrorCategoryUnspecified,
		problem.Refused:     temporal.ApplicationErrorCategoryUnspecified,
	} {
		var told *temporal.ApplicationError
		if err := failure(problem.New(kind, "no"), false); !errors.As(err, &told) || told.Category() != want || !told.NonRetryable() || told.Type() != string(kind) {
			t.Errorf("%s becomes %#v", kind, told)
		}
	}
}
