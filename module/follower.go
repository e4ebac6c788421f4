// Follower: who hears that a request has followed a Route of ours.
package module

// Follower hears of each request that loose_route has led along a Route of
// ours, before loose_route returns: params are those of that Route's URI, such
// as ";lr;ftag=a73kszlfl", and upstream tells requests of the callee. It may
// change the request as the script could.
type Follower interface {
	Followed(request *Message, params string, upstream bool)
}
