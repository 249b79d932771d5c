// Package tweet reads tables of tweets.
//
// The input is a CSV file in the layout of Kaggle's "Customer Support on
// Twitter", plain or compressed with gzip or zstd, with its columns in any
// order and any further columns beside them:
//
//	tweet_id                 the tweet's number
//	author_id                a company's handle, or a number for a customer
//	inbound                  whether a customer wrote it
//	created_at               when
//	text                     what it says
//	response_tweet_id        the tweets that answer it, a comma list
//	in_response_to_tweet_id  the tweet it answers
//
// Such files have been through spreadsheets and data frames, and it shows.
// The package draws one line: what can be read with some loss is read, and
// counted in a [Report]; what is not such a table at all is refused with a
// [problem.BadInput] that says where and why.
//
// [Load] reads a whole file into Arrow columns. [Rows] reads it row by row as
// it stands, for whoever writes it out again. [Check] looks at the first rows
// only. All three read through the same guards, so a file cannot make them
// hold more than one row of bounded length beyond what they keep.
package tweet
