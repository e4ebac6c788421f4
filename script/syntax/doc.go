// Package syntax is the script language of SER, OpenSER and Kamailio as text: it turns files into a tree of nodes.
package syntax
