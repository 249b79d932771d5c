package pipeline

import "time"

// RecordRef names one record of a Kafka topic and what is in it, so that what
// somebody said on the phone stays out of Temporal.
type RecordRef struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	// SHA256 is that of the record's value, in hexadecimal digits.
	SHA256 string `json:"sha256"`
	// Arrived is the record's own time: when it was produced, or when the broker
	// took it, as the topic is set up.
	Arrived time.Time `json:"arrived"`
}
