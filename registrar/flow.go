// Flows, as the floors above and below know them.
package registrar

import (
	"viaduct/location"
	"viaduct/wire"
)

func locationFlow(f wire.Flow) location.Flow {
	return location.Flow{Local: f.Local, Remote: f.Remote, Connection: f.Connection, Transport: uint8(f.Transport)}
}

func wireFlow(f location.Flow) wire.Flow {
	return wire.Flow{Transport: wire.Transport(f.Transport), Local: f.Local, Remote: f.Remote, Connection: f.Connection}
}
