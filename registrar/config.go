// Config: what an operator may set, with the names and defaults of Kamailio's
// registrar and usrloc modules.
package registrar

import "viaduct/location"

// Config of a registrar. Times are in seconds.
type Config struct {
	DefaultExpires uint32 // when the client asks for no time
	MinExpires     uint32 // 0: none
	MaxExpires     uint32 // longer times are cut to this; 0: no limit
	MinExpiresMode MinExpiresMode

	MaxContacts    int // current bindings of an address-of-record; 0: MostContacts
	RetryAfter     int // told when there are too many contacts; 0: not told
	ContactMaxSize int // bytes of a contact URI; 0: no limit but that of the message

	UseDomain     bool // address-of-record is user@host, else the user alone
	CaseSensitive bool // user parts that differ in case are different users
	DefaultQ      int16

	CSeqDelay uint32 // for so long a REGISTER with the same CSeq counts as retransmission

	UsePath  bool
	PathMode PathMode

	AppendBranches  bool // Lookup gives all contacts, else the best one only
	MethodFiltering bool // Lookup leaves out contacts that do not take the method
	DescTimeOrder   bool // of contacts with the same q the newest is first, else the oldest

	Date bool // put Date into the 200, as section 10.3 step 8 recommends
}

// MinExpiresMode says what becomes of a time shorter than MinExpires.
type MinExpiresMode int

const (
	RaiseBrief  MinExpiresMode = iota // it is made MinExpires; the 200 says so
	RejectBrief                       // 423 Interval Too Brief
)

// PathMode says when Path is kept and told (RFC 3327 section 5.3).
type PathMode int

const (
	PathSilent PathMode = iota // kept, not told in the 200
	PathLazy                   // kept; told to clients that support path
	PathStrict                 // kept and told; 420 when the client does not support path
)

// MostContacts is the largest number of bindings of one address-of-record: all
// of them must fit one response, and each is compared with each.
const MostContacts = 128

// DefaultConfig has Kamailio's defaults.
func DefaultConfig() Config {
	return Config{
		DefaultExpires: 3600,
		MinExpires:     60,
		ContactMaxSize: 512,
		DefaultQ:       location.NoQ,
		CSeqDelay:      20,
		PathMode:       PathStrict,
		AppendBranches: true,
	}
}
