//! A virtual network in virtual time: hosts, links that lose and reorder, NAT, capture files.
