module viaduct

go 1.26
