package temporal

import (
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
)

// Values decodes what the SDK hands on as it travelled.
type Values struct {
	data     converter.DataConverter
	failures converter.FailureConverter
}

// Decode reads a list of values, such as a workflow's input in its history.
// There may be more payloads than values.
func (v Values) Decode(payloads *commonpb.Payloads, values ...any) error {
	if n := len(payloads.GetPayloads()); n < len(values) {
		return fmt.Errorf("decoding values: there are %d, and %d are expected", n, len(values))
	}
	return v.data.FromPayloads(payloads, values...)
}

// Failure returns a failure as the error that the SDK would return for it.
func (v Values) Failure(f *failurepb.Failure) error { return v.failures.FailureToError(f) }

// Keyword returns the value of a search attribute of type Keyword, and nothing
// where it is not set. Search attributes are the server's own to read, and are
// never encoded as other values are.
func Keyword(attributes *commonpb.SearchAttributes, name string) string {
	var value string
	if p := attributes.GetIndexedFields()[name]; p == nil || converter.GetDefaultDataConverter().FromPayload(p, &value) != nil {
		return ""
	}
	return value
}
