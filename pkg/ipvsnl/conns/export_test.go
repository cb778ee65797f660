// SPDX-License-Identifier: Apache-2.0

package conns

const BlockSize = blockSize
