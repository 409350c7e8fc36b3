/* SPDX-License-Identifier: Apache-2.0 */
/* empty: does nothing, linked as rssh-nova is: what no program started by sshd can be faster than. */
int main(void)
{
	return 0;
}
