/* SPDX-License-Identifier: Apache-2.0 */
/* limits: the sizes that bound what an unknown peer can make us keep in memory.
 * All are counts of bytes or of elements. Input over a limit is refused, never cut. Only its copy in a record is cut
 * (RECORD_*). */
#ifndef POLICY_LIMITS_H
#define POLICY_LIMITS_H

enum {
	CMD_MAX = 4096,		 /* a command line with its ending NUL */
	WORDS_MAX = 8,		 /* words of a command line; the longest form has six */
	SFTP_OPTIONS_MAX = 5,	 /* words of sftp-server's options in a Subsystem line (sftp_option.h) */
	CAPS_MAX = 32,		 /* rsync's capability letters with their ending NUL */
	COMPONENT_MAX = 255,	 /* one name of a path (NAME_MAX) */
	PATH_DEPTH_MAX = 16,	 /* names of a path below its instance */
	PATH_RECORDED_MAX = 896, /* bytes that an allowed path takes in a record */
	UUID_LEN = 36,
	PROBE_HEX_LEN = 32,

	CONFIG_MAX = 64 * 1024,	     /* the configuration file */
	PEERS_FILE_MAX = 512 * 1024, /* the file that [claims] peers_file names */
	CONFIG_LINE_MAX = 197,	     /* inih's buffer of 200 less CR, LF and NUL */
	VALUE_MAX = 200,	     /* one configured value with its ending NUL */
	ROOTS_MAX = 4,		     /* instances roots */
	PATTERNS_MAX = 8,	     /* entries of one list under [paths], or of a profile */
	SESSIONS_MAX = 4096,	     /* transfers at a time */
	PROFILE_MAX = 32,	     /* the name of a profile with its ending NUL */

	RECORD_MAX = 6144,	  /* one audit record with its ending NUL */
	RECORD_VALUE_MAX = 1024,  /* bytes of one value in a record; the rest is cut */
	RECORD_DENIED_MAX = 3072, /* the same for the refused system calls */
	RECORD_WROTE_MAX = 1600,  /* and for the files that were written */
	RECORD_CERT_ID_MAX = 256, /* and for the id of a certificate */
	RECORD_GIVEN_MAX = 320,	  /* and for each list of the instances of an SFTP session */
};

#endif
