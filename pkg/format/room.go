// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/binary"
	"slices"
)

// A room is blanks at the end of a text that are written over: most of the text of a listing is in columns. No line that is
// written so has more than 96 bytes, and there is more room, so that where to write needs no check.
type room [160]byte

// roomFor returns a text with room at its end, which is not yet part of it.
func roomFor(b []byte) ([]byte, *room) {
	b = slices.Grow(b, len(room{}))
	r := (*room)(b[len(b) : len(b)+len(room{})])
	copy(r[:], lineBlanks)
	return b, r
}

const lineBlanks = "                                                                                                "

// endpoint writes "address:port" at n, and returns where it ends.
func (r *room) endpoint(n int, addr [4]byte, port uint16) int {
	for _, octet := range addr {
		i := 4 * int(octet)
		// The compiler makes one load and one store of these.
		binary.LittleEndian.PutUint32(r[n&127:],
			uint32(octets[i])|uint32(octets[i+1])<<8|uint32(octets[i+2])<<16|uint32(octets[i+3])<<24)
		n += 2
		if octet >= 10 {
			n++
		}
		if octet >= 100 {
			n++
		}
	}
	r[(n-1)&127] = ':'
	return r.port(n, uint32(port))
}

// port writes a number below 100,000 at n, and returns where it ends.
func (r *room) port(n int, port uint32) int {
	switch {
	case port >= 10_000:
		r[n&127] = '0' + byte(port/10_000)
		return r.pair(r.pair(n+1, port/100%100), port%100)
	case port >= 1000:
		return r.pair(r.pair(n, port/100), port%100)
	case port >= 100:
		r[n&127] = '0' + byte(port/100)
		return r.pair(n+1, port%100)
	case port >= 10:
		return r.pair(n, port)
	}
	r[n&127] = '0' + byte(port)
	return n + 1
}

// pair writes a number below 100 with two digits.
func (r *room) pair(n int, pair uint32) int {
	r[n&127], r[(n+1)&127] = '0'+byte(pair/10), '0'+byte(pair%10)
	return n + 2
}

// octets are all octets in decimal, each with a dot and blanks up to four bytes.
const octets = "" +
	"0.  1.  2.  3.  4.  5.  6.  7.  8.  9.  10. 11. 12. 13. 14. 15. 16. 17. 18. 19. 20. 21. 22. 23. 24. " +
	"25. 26. 27. 28. 29. 30. 31. 32. 33. 34. 35. 36. 37. 38. 39. 40. 41. 42. 43. 44. 45. 46. 47. 48. 49. " +
	"50. 51. 52. 53. 54. 55. 56. 57. 58. 59. 60. 61. 62. 63. 64. 65. 66. 67. 68. 69. 70. 71. 72. 73. 74. " +
	"75. 76. 77. 78. 79. 80. 81. 82. 83. 84. 85. 86. 87. 88. 89. 90. 91. 92. 93. 94. 95. 96. 97. 98. 99. " +
	"100.101.102.103.104.105.106.107.108.109.110.111.112.113.114.115.116.117.118.119.120.121.122.123.124." +
	"125.126.127.128.129.130.131.132.133.134.135.136.137.138.139.140.141.142.143.144.145.146.147.148.149." +
	"150.151.152.153.154.155.156.157.158.159.160.161.162.163.164.165.166.167.168.169.170.171.172.173.174." +
	"175.176.177.178.179.180.181.182.183.184.185.186.187.188.189.190.191.192.193.194.195.196.197.198.199." +
	"200.201.202.203.204.205.206.207.208.209.210.211.212.213.214.215.216.217.218.219.220.221.222.223.224." +
	"225.226.227.228.229.230.231.232.233.234.235.236.237.238.239.240.241.242.243.244.245.246.247.248.249." +
	"250.251.252.253.254.255."
