package temporal

import (
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
)

// EncodeHeader makes a value the payload of a header. Headers are read before it is
// clear how values are encoded, and by nobody who has a key: they hold digests, and
// nothing that a codec would have to hide.
func EncodeHeader(value any) (*commonpb.Payload, error) {
	p, err := converter.GetDefaultDataConverter().ToPayload(value)
	if err != nil {
		return nil, fmt.Errorf("encoding a header: %w", err)
	}
	return p, nil
}

// DecodeHeader reads what [EncodeHeader] made.
func DecodeHeader(p *commonpb.Payload, value any) error {
	if err := converter.GetDefaultDataConverter().FromPayload(p, value); err != nil {
		return fmt.Errorf("decoding a header: %w", err)
	}
	return nil
}
