// Package capture reads SIP out of capture files and writes it into them: pcap
// and pcapng as tcpdump, Wireshark and sngrep make them, also compressed by
// gzip, and transcripts. Copies on the wire are package hep's.
//
//	packets, err := capture.ReadAll(file)      // in the order of time
//	os.Stdout.Write(ladder.New(packets, nil).AppendText(nil, ladder.TextOptions{}))
//
// From the frames up: link layer, IP with its fragments, UDP or the streams of
// TCP, SIP. Ports do not count: what reads as SIP is SIP. The memory that a
// file can claim is bounded whatever it holds.
//
// It is a package of its own above wire, because a file format and four layers
// of a network are more than "a message on its way"; who only taps messages
// needs none of it. The layers are our own: gopacket's pcapgo brings all of its
// 150 layers along, 2.8 MB of program and 3 ms of each start.
package capture
