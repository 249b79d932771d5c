package pipeline

// RecordRef names a record of a Kafka topic. It says where the event of a call is
// without holding a word of it: Temporal keeps what travels.
type RecordRef struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	// SHA256 is that of the record's value, in hexadecimal.
	SHA256 string `json:"sha256"`
}
