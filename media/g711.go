// G.711: µ-law and A-law.
package media

import "math/bits"

// AppendMuLaw appends one octet for each sample (ITU-T G.711, table 2).
func AppendMuLaw(octets []byte, pcm []int16) []byte {
	for _, sample := range pcm {
		octets = append(octets, muLaw(sample))
	}
	return octets
}

// muLaw keeps of a 14-bit magnitude with a bias of 33 the place of the highest
// bit and the four bits after it; all bits are inverted on the line.
func muLaw(sample int16) byte {
	magnitude, sign := int(sample)>>2, byte(0x80)
	if sample < 0 {
		magnitude, sign = (-int(sample)-1)>>2, 0
	}
	magnitude = min(magnitude+33, 8191)
	segment := bits.Len(uint(magnitude)) - 6
	return sign | ^byte(segment<<4|magnitude>>(segment+1)&15)&0x7F
}

// AppendALaw appends one octet for each sample (ITU-T G.711, table 1).
func AppendALaw(octets []byte, pcm []int16) []byte {
	for _, sample := range pcm {
		octets = append(octets, aLaw(sample))
	}
	return octets
}

// aLaw is the like of a 13-bit sample, without bias; every other bit is inverted.
func aLaw(sample int16) byte {
	magnitude, sign := int(sample)>>4, byte(0x80)
	if sample < 0 {
		magnitude, sign = (-int(sample)-1)>>4, 0
	}
	code := magnitude // of the two lowest segments
	if segment := bits.Len(uint(magnitude)) - 4; segment > 1 {
		code = segment<<4 | magnitude>>(segment-1)&15
	}
	return (sign | byte(code)) ^ 0x55
}

// DecodeMuLaw appends one sample for each octet.
func DecodeMuLaw(pcm []int16, octets []byte) []int16 {
	for _, octet := range octets {
		pcm = append(pcm, muLawSamples[octet])
	}
	return pcm
}

// DecodeALaw appends one sample for each octet.
func DecodeALaw(pcm []int16, octets []byte) []int16 {
	for _, octet := range octets {
		pcm = append(pcm, aLawSamples[octet])
	}
	return pcm
}

// The decoder's tables; never written to again.
var (
	muLawSamples = table(func(octet byte) int16 {
		octet = ^octet
		magnitude := (int16(octet&15)<<1+33)<<(octet>>4&7) - 33
		if octet&0x80 != 0 {
			return -magnitude << 2
		}
		return magnitude << 2
	})
	aLawSamples = table(func(octet byte) int16 {
		octet ^= 0x55
		magnitude := int16(octet&15)<<1 + 1
		if segment := octet >> 4 & 7; segment > 0 {
			magnitude = (magnitude + 32) << (segment - 1)
		}
		if octet&0x80 == 0 {
			return -magnitude << 3
		}
		return magnitude << 3
	})
)

func table(decode func(byte) int16) (samples [256]int16) {
	for i := range samples {
		samples[i] = decode(byte(i))
	}
	return samples
}
