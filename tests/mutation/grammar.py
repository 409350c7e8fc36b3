# SPDX-License-Identifier: Apache-2.0
"""grammar: rows of policy/: each row of forms.def is loosened and tightened in each of its rules, its transport,
operation and access; each row of op.def is changed in each column; each plan is given each right more; the checks in
the C files are taken out one by one, from the list below. Judged by the unit tests under ASan and UBSan."""

import pathlib
import re

from row import SOURCE, Row, replaced

NOUNS = "words form op path verdict certificate claim plan config record peer peers reason digits scope list image libvirt_line rpc migration xdr disk_chain domain".split()
ACCESSES = "NONE WRITE WRITE_INSIDE READ DELETE_FROM".split()
OPS = "TOUCH REMOVE MKDIR REMOVE_TREE RECEIVE SEND EMPTY SFTP STREAM LIBVIRT".split()

# (file, text that stands there once, text that takes its place)
CHECKS = [
    ("words.c", "if (line.len >= CMD_MAX)", "if (line.len > CMD_MAX)"),
    ("words.c", 'strchr("._/:=,@+-", c)', 'strchr("._/:=,@+-;", c)'),
    ("words.c", 'strchr("._/:=,@+-", c)', 'strchr("._/:=,@+-*", c)'),
    ("words.c", 'strchr("._/:=,@+-", c)', 'strchr("._/:=,@+-~", c)'),
    ("words.c", 'strchr("._/:=,@+-", c)', 'strchr("._/:=,@+-\\n", c)'),
    ("words.c", 'strchr("._/:=,@+-", c)', 'strchr("._/:=,@+", c)'),
    ("words.c", "return c != '\\0' && strchr", "return strchr"),
    ("words.c", "(c >= 'a' && c <= 'z')", "(c >= '`' && c <= 'z')"),
    ("words.c", "(c >= 'a' && c <= 'z')", "(c >= 'a' && c <= '{')"),
    ("words.c", "(c >= '0' && c <= '9')", "(c < 0 || (c >= '0' && c <= '9'))"),
    ("words.c", "line.at[0] == ' ' || line", "line"),
    ("words.c", " || line.at[line.len - 1] == ' ')", ")"),
    ("words.c", "line.at[i] == ' ' && line.at[i - 1] == ' ')", "0)"),
    ("words.c", "if (count > WORDS_MAX)", "if (count >= WORDS_MAX)"),
    ("words.c", "if (count > WORDS_MAX)", "if (0 && count > WORDS_MAX)"),
    ("words.c", "if (line.len == 0)", "if (0)"),
    ("form.c", "return i == words->count;", "return true;"),
    ("form.c", "return strcmp(word, rule->text) == 0;",
     "return strncmp(word, rule->text, strlen(rule->text)) == 0;"),
    ("form.c", "return strcmp(word, rule->text) == 0;", "return strcasecmp(word, rule->text) == 0;"),
    ("form.c", "return strcmp(word, rule->text) == 0;",
     "return strncmp(word, rule->text, strlen(word)) == 0;"),
    ("form.c", "return word[0] == '/';", "return true;"),
    ("form.c", "else if (rule->kind != RULE_MAYBE)\n\t\t\treturn false;", ""),
    ("form.c", "strlen(caps) >= CAPS_MAX || ", "strlen(caps) > CAPS_MAX || "),
    ("form.c", " || caps[digits] != '.'", ""),
    ("form.c", "if (!((*at >= 'a' && *at <= 'z')", "if (*at != '/' && !((*at >= 'a' && *at <= 'z')"),
    ("form.c", "if (!((*at >= 'a' && *at <= 'z')",
     "if (!((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z')"),
    ("form.c", "return forced && strcmp", "return strcmp"),
    ("sftp_option.c", '{ "-e", { "" } },', '{ "-e", { "" } }, { "-R", { "" } },'),
    ("sftp_option.c", '{ "-e", { "" } },', '{ "-e", { "" } }, { "-d", { "/" } },'),
    ("sftp_option.c", "strcmp(words[0], options[option].word) != 0", "strncmp(words[0], options[option].word, 2) != 0"),
    ("sftp_option.c", "return count >= 2 && is_value(option, words[1]) ? 2 : 0;", "return count >= 2 ? 2 : 0;"),
    ("sftp_option.c", "(seen & 1u << option) != 0 ? 0 : words_of", "words_of"),
    ("form.c", "sftp_options_len(match->options, match->option_count) != match->option_count)", "false)"),
    ("form.c", "return forced && strcmp(word, \"internal-sftp\") == 0;",
     "return forced && strncmp(word, \"internal-sftp\", 8) == 0;"),
    ("form.c", "if (strcmp(word, subsystems[i]) == 0)",
     "if (strncmp(word, subsystems[i], strlen(subsystems[i])) == 0)"),
    ("form.c", "match->compress = true;", ""),
    ("form.c", "*flag_of(match, word) = true;", ""),
    ("form.c", '"-s", 2) == 0)', '"-S", 2) == 0)'),
    ("form.c", "if (!is_readable(match->path, rule->kind == RULE_PATH))", "if (match->path == NULL)"),
    ("form.c", "(absolute && word[0] != '/')", "(absolute && word[0] == '-')"),
    ("form.c", "return caps_are_valid(match->caps);", "return true;"),
    ("form.c", "len >= line->size - line->len", "len > line->size - line->len"),
    ("form.c", "size < CMD_MAX ? size : CMD_MAX", "size"),
    ("op.c", "(unsigned)op < OP_COUNT ? op : OP_NONE", "op"),
    ("image.c", "if (at > head.len || head.len - at < size)", "if (at >= head.len)"),
    ("image.c", "line.at[8] <= '3'", "line.at[8] <= '9'"),
    ("image.c", 'begins(line, "#") || is_blank(line)', 'begins(line, "#")'),
    ("image.c", "return is_vmdk_text(head) ? IMAGE_FORMAT_VMDK : IMAGE_FORMAT_RAW;", "return IMAGE_FORMAT_RAW;"),
    ("image.c", "*ambiguous = *ambiguous || magics[i].format != IMAGE_FORMAT_ISO;", ""),
    ("image.c", "*ambiguous || magics[i].format != IMAGE_FORMAT_ISO;", "true;"),
    ("image.c", "head.len < QCOW2_LENGTH_V2 || ", ""),
    ("image.c", " &&\n\t\tout->length >= QCOW2_LENGTH_V3;", ";"),
    ("image.c", "(qcow2->version != 2 && qcow2->version != 3) || ", ""),
    ("image.c", "qcow2->cluster_bits < QCOW2_CLUSTER_BITS_LEAST ||\n\t\t", ""),
    ("image.c", "qcow2->length % 8 == 0 && ", ""),
    ("image.c", "qcow2->length <= cluster && ", ""),
    ("image.c", "qcow2->backing_at <= cluster &&", ""),
    ("image.c", "qcow2->encryption <= QCOW2_ENCRYPTIONS && ", ""),
    ("image.c", " && (qcow2->incompatible & ~(uint64_t)QCOW2_FEATURES) == 0", ""),
    ("image.c", "if (len == 0 || len >= size", "if (len >= size"),
    ("image.c", " ||\n\t\tmemchr(head.at + at, '\\0', len) != NULL)", ")"),
    ("image.c", "if (magic == EXTENSION_DATA_FILE)", "if (0)"),
    ("image.c", "return out->backing_format[0] == '\\0' &&", "return"),
    ("image.c", "out->has_data_file = (qcow2.incompatible & QCOW2_DATA_FILE) != 0;", ""),
    ("image.c", "!qcow2_is_sound(&qcow2) || ", ""),
    ("image.c", " || !extensions_read(out, &qcow2, head))", ")"),
    ("image.c", "out->is_cut = at <= IMAGE_WINDOW && len <= IMAGE_WINDOW - at && at + len > head.len;", "out->is_cut = true;"),
    ("image.c", "return qcow2.backing_len < sizeof(out->backing) &&", "return"),
    ("image.c", "if (at > end || len > end - at)", "if (0)"),
    ("image.c", "if (at > head.len || len > head.len - at)", "if (0)"),
    ("image.c", "declared == NULL || strcmp(declared, word) == 0", "declared != word"),
    ("image.c", "if (pattern_match(text_at(&config->image_backing, i), parent) == PATTERN_EXACT)",
     "if (pattern_match(text_at(&config->image_backing, i), parent) != PATTERN_MISS)"),
    ("image.c", "if (rules->is_backing)", "if (0)"),
    ("image.c", "if (has_protocol(image->backing))", "if (0)"),
    ("image.c", "path_is_plain(image->backing) ? path_below(image->backing, rules->root) : NULL;",
     "path_below(image->backing, rules->root);"),
    ("image.c", "rel == NULL || !is_in_backing(rules->config, rel)", "rel == NULL"),
    ("image.c", "format != IMAGE_FORMAT_NONE && is_allowed(rules->config, format)", "format != IMAGE_FORMAT_NONE"),
    ("image.c", "if (!is_declared(rules->declared, image->format))", "if (0)"),
    ("image.c", "if (!is_allowed(rules->config, image->format))", "if (0)"),
    ("image.c", "if (image->has_data_file)", "if (0)"),
    ("image.c", "if (image->malformed)", "if (0)"),
    ("image.c", "(unsigned)finding < IMAGE_FINDINGS ? finding : IMAGE_UNREAD", "finding"),
    ("value.c", "if (!image_format_is_available(format) || (bits", "if ((bits"),
    ("value.c", "if (!image_format_is_available(format) || (bits & 1u << format) != 0)", "if (!image_format_is_available(format))"),
    ("path.c", "if (len != UUID_LEN)", "if (len < UUID_LEN)"),
    ("path.c", "(c >= 'a' && c <= 'f')", "(c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')"),
    ("path.c", "(c >= 'a' && c <= 'f')", "(c >= 'a' && c <= 'g')"),
    ("path.c", "shape[i] == '-' ? text[i] != '-' : ", "shape[i] == '-' ? 0 : "),
    ("path.c", "len == 0 || len > COMPONENT_MAX", "len > COMPONENT_MAX"),
    ("path.c", " || len > COMPONENT_MAX", ""),
    ("path.c", "len > COMPONENT_MAX", "len >= COMPONENT_MAX"),
    ("path.c", " || rel[0] == '.')", " || strncmp(rel, \"..\", 2) == 0)"),
    ("path.c", " || rel[0] == '.')", " || (rel[0] == '.' && rel[1] != '.'))"),
    ("path.c", " || rel[0] == '.')", ")"),
    ("path.c", "if (!words_allow(*at))\n\t\t\treturn false;\n\treturn word", ";\n\treturn word"),
    ("path.c", "return word[0] == '/' && names_are_plain(word + 1);", "return names_are_plain(word + 1);"),
    ("path.c", "return word[len] == '/' ? word + len + 1 : NULL;", "return word + len + (word[len] == '/');"),
    ("path.c", "if (strncmp(word, root, len) != 0)", "if (strncasecmp(word, root, len) != 0)"),
    ("path.c", "if (!names_are_plain(text))\n\t\treturn false;", ""),
    ("path.c", "*++at != 'u' && *at != 'x'", "*++at == '\\0'"),
    ("path.c", " : !words_allow(*at))", " : 0)"),
    ("path.c", "return len == 0;", "return true;"),
    ("path.c", "len >= UUID_LEN && path_is_uuid(name, UUID_LEN) ? UUID_LEN : 0",
     "len >= UUID_LEN ? UUID_LEN : 0"),
    ("path.c", "if (!lower_hex(name[i]))\n\t\t\treturn 0;", ";"),
    ("path.c", "rel[len] == '\\0' ? PATTERN_EXACT : PATTERN_BELOW", "PATTERN_EXACT"),
    ("path.c", "if (rel[len] == '\\0')\n\t\t\treturn PATTERN_MISS;",
     "if (rel[len] == '\\0')\n\t\t\treturn PATTERN_BELOW;"),
    ("verdict.c", "(config->transports & 1u << form_row(verdict.form)->transport) == 0", "0"),
    ("verdict.c", "verdict.path == NULL || !path_is_plain(verdict.path)", "verdict.path == NULL"),
    ("verdict.c", "verdict.path == NULL || !path", "!path"),
    ("verdict.c", "if (!locate(&verdict, config, verdict.path))",
     "if (!locate(&verdict, config, verdict.path) && 0)"),
    ("verdict.c", "if (reason != REASON_NONE)", "if (0)"),
    ("verdict.c", "verdict->instance[0] != '\\0' && list_match(&config->write",
     "list_match(&config->write"),
    ("verdict.c", " && list_match(&config->write, verdict->rel) != PATTERN_MISS", ""),
    ("verdict.c", "verdict->instance[0] != '\\0' && verdict->rel[UUID_LEN] == '\\0'",
     "verdict->instance[0] != '\\0'"),
    ("verdict.c", "list_match(&config->probe, verdict->rel) == PATTERN_EXACT",
     "list_match(&config->probe, verdict->rel) != PATTERN_MISS"),
    ("verdict.c", "if (list_match(&config->read, verdict->rel) != PATTERN_MISS)", "if (1)"),
    ("verdict.c", "list_match(&config->read_running, verdict->rel) == PATTERN_EXACT;", "list_match(&config->read_running, verdict->rel) != PATTERN_MISS;"),
    ("verdict.c", "\tverdict->while_running = list_match", "\tif (list_match(&config->read_running, verdict->rel) == PATTERN_EXACT)\n\t\treturn true;\n\tverdict->while_running = list_match"),
    ("verdict.c", "return may_write(verdict, config) ? REASON_NONE", "return 1 ? REASON_NONE"),
    ("verdict.c", "(may_write(verdict, config) && !is_instance(verdict))", "may_write(verdict, config)"),
    ("verdict.c", "return verdict->probe || (may_write", "return (may_write"),
    ("verdict.c", "(may_write(verdict, config) && is_instance(verdict)) ?", "may_write(verdict, config) ?"),
    ("verdict.c", "verdict->rel[0] == '\\0' || (may", "(may"),
    ("verdict.c", "return may_write(verdict, config) && is_instance(verdict) ?",
     "return may_write(verdict, config) ?"),
    ("verdict.c", "return may_write(verdict, config) && is_instance(verdict) ?",
     "return is_instance(verdict) ?"),
    ("verdict.c", "return verdict->probe ? REASON_NONE", "return 1 ? REASON_NONE"),
    ("verdict.c", "asks[i].form == form && ", ""),
    ("verdict.c", " && asks[i].op == op", ""),
    ("verdict.c", "if (form == form_row(FORM_NONE))", "if (0)"),
    ("verdict.c", " && brings_data(verdict->op) && facts->free_space < config->free_space", " && 0"),
    ("verdict.c", "op_row(op)->data == OP_DATA_BRINGS", "op_row(op)->data != OP_DATA_NEITHER"),
    ("verdict.c", "op_row(op)->data == OP_DATA_BRINGS", "op != OP_RECEIVE && op_row(op)->data == OP_DATA_BRINGS"),
    ("verdict.c", "facts->free_space < config", "facts->free_space <= config"),
    ("verdict.c", "{ FORM_RSYNC_CREATE, OP_TOUCH, ACCESS_PROBE }",
     "{ FORM_RSYNC_CREATE, OP_TOUCH, ACCESS_WRITE_INSIDE }"),
    ("verdict.c", "{ FORM_RSYNC_CREATE, OP_MKDIR, ACCESS_INSTANCE }",
     "{ FORM_RSYNC_CREATE, OP_MKDIR, ACCESS_WRITE }"),
    ("verdict.c", "{ FORM_RSYNC_REMOVE, OP_RMDIR, ACCESS_INSTANCE }",
     "{ FORM_RSYNC_REMOVE, OP_RMDIR, ACCESS_DELETE_FROM }"),
    ("verdict.c", "{ FORM_RSYNC_REMOVE, OP_REMOVE, ACCESS_WRITE_INSIDE }",
     "{ FORM_RSYNC_REMOVE, OP_REMOVE, ACCESS_WRITE }"),
    ("verdict.c", "verdict->kind != VERDICT_ALLOW || config->claims_mode == CLAIMS_OFF", "config->claims_mode == CLAIMS_OFF"),
    ("verdict.c", " || config->claims_mode == CLAIMS_OFF)\n\t\treturn;", ")\n\t\treturn;"),
    ("verdict.c", "if (!needs_own(verdict, state) || !there || verdict_claim_allows(state, verdict->op))", "if (1)"),
    ("verdict.c", "if (!needs_own(verdict, state) || !there", "if (!there"),
    ("verdict.c", "!needs_own(verdict, state) || !there || verdict_claim_allows", "!needs_own(verdict, state) || verdict_claim_allows"),
    ("verdict.c", "return state == CLAIM_OWN;", "return state == CLAIM_OWN || state == CLAIM_BUSY;"),
    ("verdict.c", "return state == CLAIM_OWN;", "return state == CLAIM_OWN || state == CLAIM_NONE;"),
    ("verdict.c", "return state == CLAIM_OWN;", "return state == CLAIM_OWN || state == CLAIM_OTHER;"),
    ("verdict.c", "return state == CLAIM_OWN;", "return state == CLAIM_OWN || state == CLAIM_EXPIRED;"),
    ("verdict.c", "if (!path_is_bounded(verdict.path, verdict.rel))", "if (0)"),
    ("path.c", "return depth <= PATH_DEPTH_MAX && ", "return "),
    ("path.c", "depth <= PATH_DEPTH_MAX && recorded_len(word) <= PATH_RECORDED_MAX;", "depth <= PATH_DEPTH_MAX;"),
    ("path.c", "len += *word == '=' ? strlen(\"\\\\u00NN\") : 1;", "len += 1;"),
    ("plan.c", '{ "-rSe", "--whole-file" },', '{ "-rSe", NULL },'),
    ("verdict.c", "if (state == CLAIM_GRACE)", "if (0)"),
    ("verdict.c", "op_row(op)->data == OP_DATA_REMOVES;", "op_row(op)->data != OP_DATA_BRINGS;"),
    ("verdict.c", "op_row(op)->data == OP_DATA_REMOVES;", "true;"),
    ("verdict.c", "return op == OP_MKDIR;", "return true;"),
    ("verdict.c", "if (reason == REASON_NOT_CLAIMED)", "if (1)"),
    ("claim.c", "window + grace, now) ? CLAIM_EXPIRED", "window, now) ? CLAIM_EXPIRED"),
    ("verdict.c", "state == CLAIM_BUSY ? REASON_BUSY : REASON_NOT_CLAIMED", "REASON_NOT_CLAIMED"),
    ("verdict.c", "if (config->claims_mode != CLAIMS_AUDIT)", "if (config->claims_mode == CLAIMS_ENFORCE)"),
    ("verdict.c", "if (config->claims_mode != CLAIMS_AUDIT)", ""),
    ("verdict.c", "verdict->probe && !needs_own(verdict, state) ? CLAIM_PROBE : state", "verdict->probe ? CLAIM_PROBE : state"),
    ("verdict.c", "|| (verdict->probe && state == CLAIM_OTHER);", ";"),
    ("verdict.c", "(claim == OP_CLAIM_UNLESS_PROBE && !verdict->probe)", "0"),
    ("verdict.c", "(claim == OP_CLAIM_UNLESS_PROBE && !verdict->probe)", "claim == OP_CLAIM_UNLESS_PROBE"),
    ("verdict.c", "return claim == OP_CLAIM_ALWAYS ||", "return (claim == OP_CLAIM_ALWAYS && !is_instance(verdict)) ||"),
    ("verdict.c", " || match->form == FORM_RSYNC_CREATE;", ";"),
    ("claim.c", "memchr(text.at, '\\0', text.len) != NULL || ", ""),
    ("claim.c", "version[0] != '1' || ", ""),
    ("claim.c", "text.len != 0 || ", ""),
    ("claim.c", "!printable(claim.peer) ||\n\t\t!printable(claim.key)", "!printable(claim.key)"),
    ("claim.c", "!printable(claim.peer) ||\n\t\t!printable(claim.key)", "!printable(claim.peer)"),
    ("claim.c", "if (len == 0 || !printable(word) || ", "if (!printable(word) || "),
    ("claim.c", "if (len == 0 || !printable(word) || ", "if (len == 0 || "),
    ("claim.c", "if (len == 0 || len >= size)", "if (len >= size)"),
    ("claim.c", "if (len == 0 || len >= size)", "if (len == 0 || len > size)"),
    ("claim.c", "digits[strspn(digits, \"0123456789\")] != '\\0' ||", "0 ||"),
    ("claim.c", "(digits[0] == '0' && digits[1] != '\\0')", "0"),
    ("claim.c", "strcmp(claimed, asking) == 0 && strcmp(asking, \"-\") != 0", "strcmp(claimed, asking) == 0"),
    ("claim.c", "strcmp(claimed, asking) == 0 && ", "strncmp(claimed, asking, strlen(claimed)) == 0 && "),
    ("claim.c", "return address && key;", "return address;"),
    ("claim.c", "return address && key;", "return key;"),
    ("claim.c", "now.wall < claim->made.wall || ", ""),
    ("claim.c", "now.wall - claim->made.wall > window ||", "now.wall - claim->made.wall >= window ||"),
    ("claim.c", "now.wall - claim->made.wall > window ||", ""),
    ("claim.c", " ||\n\t\tnow.boot - claim->made.boot > window;", ";"),
    ("claim.c", "now.boot - claim->made.boot > window", "now.boot - claim->made.boot >= window"),
    ("claim.c", "if (!same_peer(claim, identity, request))\n\t\treturn CLAIM_OTHER;", ""),
    ("claim.c", "return number >= 0 && digits", "return digits"),
    ("claim.c", " - digits <= DIGITS_MAX", " - digits <= DIGITS_MAX + 1"),
    ("digits.c", "number < 0 ? -(uint64_t)number : (uint64_t)number", "(uint64_t)number"),
    ("digits.c", "if (number < 0)", "if (0)"),
    ("digits.c", "(60 - 4 * i) & 15", "(60 - 4 * i) & 7"),
    ("config.c", "if (file.len > CONFIG_MAX)", "if (0)"),
    ("config.c", "if (faults->count != 0)\n\t\treturn false;\n\tline = ", "line = "),
    ("config_line.c", "(line.at[i] < ' ' || line.at[i] > '~')", "line.at[i] < ' '"),
    ("config_line.c", "(line.at[i] < ' ' || line.at[i] > '~')", "line.at[i] > '~'"),
    ("config_line.c", "line.at[i] != '\\t' && (line.at[i]", "(line.at[i]"),
    ("config_line.c", "if (!is_plain_text(line))", "if (0)"),
    ("config_line.c", "if (line.len > CONFIG_LINE_MAX)", "if (line.len > CONFIG_LINE_MAX + 1)"),
    ("config.c", "bit = UINT64_C(1) << (key - keys);\n\tif ((reading->seen & bit) != 0)", "bit = 0;\n\tif (0)"),
    ("config.c", "bit = UINT64_C(1) << (row - narrowings);\n\tif ((reading->seen & bit) != 0)", "bit = 0;\n\tif (0)"),
    ("config.c", "if (!row->is_narrower(", "if (0 && !row->is_narrower("),
    ("config.c", "return has_header(before, section) ? CONFIG_REPEATED_PROFILE : CONFIG_OK;", "return CONFIG_OK;"),
    ("config.c", "if (faults->count == 0 && wanted[0] != '\\0' && !profiles.found)", "if (0)"),
    ("config.c", "if (!profile_name_is_valid(profile_name(section)))", "if (0)"),
    ("config.c", "if (faults->count == 0 && reading.seen == 0)", "if (0)"),
    ("config_line.c", "if (copy[0] == ' ' || copy[0] == '\\t')", "if (0)"),
    ("config_line.c", "!is_comment_or_end(line + len + 2)", "0"),
    ("config.c", "if (profile_name(section) == NULL)\n\t\treturn error;", "if (profile_name(section) == NULL)\n\t\treturn CONFIG_OK;"),
    ("config_line.c", "(len == 0 || line[len] == '\\0')", "(line[len] == '\\0')"),
    ("config.c", "strcmp(keys[i].section, section) != 0", "0"),
    ("value.c", "if (!path_is_plain(word) || strchr(word + 1, '/') == NULL)", "if (!path_is_plain(word))"),
    ("value.c", "if (!path_is_plain(word) || strchr(word + 1, '/') == NULL)",
     "if (strchr(word + 1, '/') == NULL)"),
    ("value.c", '{ "/var/lib", "/var/lib/nova" }', '{ "/var/lib" }'),
    ("value.c", "if (path_below(word, system[i]) != NULL)", "if (0)"),
    ("value.c", "if (i != j && path_below(text_at(list, i), text_at(list, j)) != NULL)", "if (0)"),
    ("value.c", "|| found.count == most", "|| found.count == PATTERNS_MAX"),
    ("value.c", " && strncmp(word, \"%u\", 2) == 0 && path_first_len(word) == 2", ""),
    ("value.c", " && path_first_len(word) == 2", ""),
    ("value.c", "|| (bits & 1u << transport) != 0", ""),
    ("value.c", "if (number < bounds->least || number > bounds->most)", "if (number > bounds->most)"),
    ("value.c", "if (number < bounds->least || number > bounds->most)", "if (number < bounds->least)"),
    ("value.c", "unit == NULL || value[digits + 1] != '\\0'", "unit == NULL"),
    ("value.c", "digits == 0 || digits > 18", "digits > 18"),
    ("value.c", "digits == 0 || digits > 18", "digits == 0"),
    ("value.c", "if (__builtin_mul_overflow(number, factor, &number))",
     "if (__builtin_mul_overflow(number, factor, &number) && 0)"),
    ("value.c", "if (!path_is_plain(value))", "if (0)"),
    ("config.c", "strcmp(obsolete_keys[i].section, section) == 0 && ", ""),
    ("config.c", "strcmp(obsolete_keys[i].name, name) == 0 &&", ""),
    ("config.c", "value_duration(&seconds, value, &zero))", "1)"),
    ("config.c", "return is_obsolete(section, name, value) ? CONFIG_OK : error;", "return error;"),
    ("record.c", "len < plain || room < escape", "len < plain"),
    ("record.c", "len < plain || room < escape", "room < escape"),
    ("record.c", "if (bytes.len > room)", "if (0)"),
    ("record.c", "c < ' ' || c > '~' ||", "c < ' ' ||"),
    ("record.c", "c < ' ' || c > '~' ||", "c > '~' ||"),
    ("record.c", "c == '\"' || c == '\\\\')", "c == '\"')"),
    ("record.c", "c == '\"' || c == '\\\\')", "c == '\\\\')"),
    ("record.c", "return json || c != '=';", "return true;"),
    ("record.c", "memchr(value.at, ' ', value.len) == NULL && ", ""),
    ("record.c", " && memchr(value.at, '\\'', value.len) == NULL;", ";"),
    ("record.c", "value.len <= room && plain_len(", "plain_len("),
    ("record.c", "plain_len(value, false) == value.len", "1"),
    ("record.c", "put_word(out, \"reason\", allow && verdict->reason == REASON_NONE ? \"-\" : reason_word(verdict->reason));",
     "put_word(out, \"reason\", \"-\");"),
    ("record.c", "hex[byte >> 4]", "hex[byte >> 5]"),
    ("peer.c", "if (!zone_is_valid(zone))", "if (0)"),
    ("certificate.c", "if (len > rest->len)", "if (len > rest->len + 1)"),
    ("certificate.c", "use != USER_CERTIFICATE ||\n\t\t!take_string", "!take_string"),
    ("certificate.c", "blob.len != 0 ||\n\t\t!is_authority", "!is_authority"),
    ("certificate.c", "!is_authority(found.authority) ||", "0 ||"),
    ("certificate.c", "!certificate_is(blob) && ", ""),
    ("certificate.c", "take_string(&blob, &type) && type.len != 0;", "take_string(&blob, &type);"),
    ("certificate.c", "found.id.len != 0 && memchr(found.id.at, '\\0', found.id.len) != NULL", "0"),
    ("certificate.c", "type.len > len && memcmp", "type.len >= len && memcmp"),
    ("certificate.c", '"sk-ssh-ed25519@openssh.com", 2', '"sk-ssh-ed25519@openssh.com", 1'),
    ("certificate.c", '"sk-ssh-ed25519@openssh.com", 2', '"sk-ssh-ed25519", 2'),
    ("record.c", ", RECORD_CERT_ID_MAX);", ", RECORD_VALUE_MAX);"),
    ("peer.c", "if (strlen(text) >= sizeof(copy))", "if (strlen(text) > sizeof(copy))"),
    ("claim.c", "same(claim->peer, request_peer(request)) || ", ""),
    ("claim.c", " || same(claim->peer, request->peer);", ";"),
    ("peers.c", "if (!is_printable(line))", "if (0)"),
    ("peers.c", "(i == 0 || is_blank(line.at[i - 1]))", "1"),
    ("peers.c", "if (word.len >= PEER_MAX)", "if (word.len > PEER_MAX)"),
    ("peers.c", "out[strspn(out, letters)] == '\\0' && ", ""),
    ("peers.c", " && strchr(\"._-\", out[0]) == NULL", ""),
    ("peers.c", " &&\n\t\t!peer_canonical(canonical, out)", ""),
    ("peers.c", "if (reading->name[0] != '\\0' && reading->addresses == 0)", "if (0)"),
    ("peers.c", "if (!word_copy(text, word) || !peer_canonical(out->address, text))",
     "if (!word_copy(text, word) || (!peer_canonical(out->address, text) && strcpy(out->address, text) == NULL))"),
    ("peers.c", "if (name[0] != '\\0')\n\t\t\treturn fail(", "if (0)\n\t\t\treturn fail("),
    ("peers.c", "++lines == 2)", "++lines == 3)"),
    ("peers.c", "fault->error != PEERS_OK || ", ""),
    ("peer.c", "ssh_connection[len] == ' '", "1"),
    ("peer.c", "len < sizeof(text)", "len <= sizeof(text)"),
    ("peer.c", "zone[0] == '\\0' && inet_pton", "inet_pton"),
    ("peer.c", "strlen(out) + strlen(zone) >= PEER_MAX", "strlen(out) + strlen(zone) > PEER_MAX"),
    ("plan.c", "return verdict->kind == VERDICT_ALLOW && ", "return "),
    ("plan.c", " || verdict->form != match->form", ""),
    ("plan.c", "ANCHOR_TARGET, RIGHTS_SEND } } },\n\t[FORM_SFTP]", "ANCHOR_ROOT, RIGHTS_SEND } } },\n\t[FORM_SFTP]"),
    ("plan.c", 'arg(plan, "--no-perms");', ""),
    ("plan.c", 'arg(plan, "-p");', ""),
    ("plan.c", "opendir,readdir,mkdir,", "opendir,readdir,mkdir,rename,"),
    ("plan.c", "plan->argv[plan->destination] = mirror;", ""),
    ("plan.c", "(plan->op == OP_EMPTY && !instance)", "(plan->op == OP_EMPTY || !instance)"),
    ("plan.c", "(plan->op == OP_EMPTY && !instance)", "(plan->op == OP_EMPTY && instance)"),
    ("plan.c", "{ ANCHOR_MIRROR, plan->op == OP_STREAM", "{ ANCHOR_ROOT, plan->op == OP_STREAM"),
    ("plan.c", "plan->op == OP_STREAM ? RIGHTS_MIRROR : RIGHTS_EMPTY", "RIGHTS_MIRROR"),
    ("plan.c", "[FORM_RSYNC_CREATE] = { ROLE_RSYNC_MIRROR, PROGRAM_RSYNC, { IN_MIRROR },",
     "[FORM_RSYNC_CREATE] = { ROLE_RSYNC_MIRROR, PROGRAM_RSYNC, { { ANCHOR_ROOT, RIGHTS_MIRROR } },"),
    ("scope.c", "else if (strcmp(value, \"send\") == 0)", "else if (strncmp(value, \"send\", 4) == 0)"),
    ("scope.c", "if (strcmp(value, \"receive\") == 0)\n\t\tscope->directions = DIRECTION_RECEIVE;",
     "if (strcmp(value, \"receive\") == 0)\n\t\tscope->directions = DIRECTION_RECEIVE | DIRECTION_SEND;"),
    ("scope.c", "\t\tscope->directions = DIRECTION_SEND;\n\telse", "\t\tscope->directions = DIRECTION_RECEIVE | DIRECTION_SEND;\n\telse"),
    ("scope.c", "if (count == PATTERNS_MAX || !path_is_uuid(word, strlen(word)))", "if (!path_is_uuid(word, strlen(word)))"),
    ("scope.c", "if (count == PATTERNS_MAX || !path_is_uuid(word, strlen(word)))", "if (count == PATTERNS_MAX)"),
    ("scope.c", "scope->instance_count = count;", "scope->instance_count = 0;"),
    ("scope.c", "scope->instance_count = count;", "scope->instance_count = count > 1 ? 1 : count;"),
    ("scope.c", "[10] = 0xff, [11] = 0xff", "[10] = 0, [11] = 0"),
    ("scope.c", "== 1 ? 32 : 0;", "== 1 ? 128 : 0;"),
    ("scope.c", "len == 0 || len > 3 ||", "len > 3 ||"),
    ("scope.c", "len == 0 || len > 3 ||", "len == 0 || len > 10 ||"),
    ("scope.c", " || text[len] != '\\0' || ", " || "),
    ("scope.c", " || (len > 1 && text[0] == '0'))", ")"),
    ("scope.c", "if (bits > all)", "if (0)"),
    ("scope.c", "(uint8_t)(128 - all + bits)", "(uint8_t)bits"),
    ("scope.c", "if (bits >= 8 * (i + 1))", "if (bits > 8 * (i + 1))"),
    ("scope.c", "if (bits <= 8 * i)", "if (bits < 8 * i)"),
    ("scope.c", "0xffu << (8 - bits % 8)", "0xffu << (7 - bits % 8)"),
    ("scope.c", "if (all == 0)\n\t\treturn false;", ""),
    ("scope.c", "if (slash != NULL && !bits_parse(&out->bits, slash + 1, all))", "if (slash != NULL && !bits_parse(&out->bits, slash + 1, all) && 0)"),
    ("scope.c", "if ((out->address[i] & ~mask_byte(out->bits, i)) != 0)", "if (0)"),
    ("scope.c", "if (count == PATTERNS_MAX || !network_parse(&found[count], word))", "if (!network_parse(&found[count], word))"),
    ("scope.c", "scope->peer_count = count;", "scope->peer_count = 0;"),
    ("scope.c", "return (scope->directions & op_row(op)->directions) != 0;", "return scope->directions != 0;"),
    ("scope.c", "if (strcmp(scope->instances[i], uuid) == 0)", "if (strncmp(scope->instances[i], uuid, 8) == 0)"),
    ("scope.c", "return scope->instance_count == 0;", "return uuid[0] == '\\0' || scope->instance_count == 0;"),
    ("scope.c", "if (((network->address[i] ^ address[i]) & mask_byte(network->bits, i)) != 0)", "if (i != 15 && ((network->address[i] ^ address[i]) & mask_byte(network->bits, i)) != 0)"),
    ("scope.c", "if (scope->peer_count == 0)", "if (1)"),
    ("scope.c", "len = strcspn(peer, \"%\");", "len = strlen(peer);"),
    ("scope.c", "if (len >= sizeof(text))", "if (len > sizeof(text))"),
    ("scope.c", "if (address_parse(address, text) == 0)\n\t\treturn false;", "if (address_parse(address, text) == 0)\n\t\treturn true;"),
    ("scope.c", "return true;\n\treturn false;\n}\n", "return true;\n\treturn true;\n}\n"),
    ("verdict.c", "if (!scope_has_peer(&config->scope, facts->peer))", "if (0)"),
    ("verdict.c", "if (!in_scope(&verdict, &config->scope))", "if (0)"),
    ("verdict.c", "scope_has_op(scope, verdict->op) && (!placed", "(!placed"),
    ("verdict.c", "(!placed || scope_has_instance(scope, verdict->instance))", "1"),
    ("verdict.c", "(verdict->op != OP_STREAM || verdict->instance[0] != '\\0')", "verdict->op != OP_STREAM"),
    ("verdict.c", "if (verdict.form == FORM_LIBVIRT && !config->libvirt_tunnel)", "if (0)"),
    ("libvirt_line.c", "bytes_equal(end, bytes_of(lines[i].tail))", "end.len >= 1"),
    ("libvirt_line.c", "lines[i].tail[0] == '\\0' && rest.len == 0", "lines[i].tail[0] == '\\0'"),
    ("rpc.c", "header->length > RPC_CALL_MAX", "0"),
    ("rpc.c", "if (header->length < RPC_HEADER || header->length > RPC_CALL_MAX)", "if (header->length > RPC_CALL_MAX)"),
    ("rpc.c", "if (header->program != RPC_PROGRAM_REMOTE || header->version != VERSION)\n\t\treturn TUNNEL_PROGRAM;", "if (header->program != RPC_PROGRAM_REMOTE)\n\t\treturn TUNNEL_PROGRAM;"),
    ("rpc.c", "if (header->type != TYPE_CALL)", "if (0)"),
    ("rpc.c", "if (header->type != TYPE_MESSAGE)\n\t\treturn TUNNEL_TYPE;", ""),
    ("rpc.c", "if (header->procedure != PING && header->procedure != PONG)", "if (0)"),
    ("rpc.c", "if (header->length != RPC_HEADER)", "if (0)"),
    ("rpc.c", "header->serial == 0 && header->status == RPC_OK", "header->status == RPC_OK"),
    ("rpc.c", "header->serial == 0 && header->status == RPC_OK", "header->serial == 0"),
    ("rpc.c", "return header->status == RPC_OK ? TUNNEL_NOTHING : TUNNEL_ARGUMENTS;", "return TUNNEL_NOTHING;"),
    ("rpc.c", "|| (call->from & 1u << session->step) == 0 ||", "||"),
    ("rpc.c", "if (!body_fits(call->body, body))", "if (0)"),
    ("rpc.c", "if (xdr_uint(&xdr) > FEATURE_MOST)\n\t\t\treturn false;", "(void)xdr_uint(&xdr);"),
    ("rpc.c", "return once(&session->registered);", "return true;"),
    ("rpc.c", "header->length > RPC_REPLY_MAX", "0"),
    ("rpc.c", "||\n\t\theader->procedure != session->procedure)", ")"),
    ("rpc.c", "session->waits || (call->from", "(call->from"),
    ("rpc.c", "!session->waits || header->serial != session->serial", "!session->waits"),
    ("rpc.c", "return ++session->features <= RPC_FEATURES_MAX;", "return true;"),
    ("rpc.c", "return session->registered && once(&session->unregistered);", "return session->registered;"),
    ("rpc.c", "&& xdr_uint(xdr) == 0;", ";"),
    ("migration.c", "(found & ~known) == 0 && ", ""),
    ("migration.c", "return finish && is_host(host);", "return is_host(host);"),
    ("migration.c", "(*seen & bit) != 0", "0"),
    ("migration.c", "&& (found & (FLAG_LIVE | FLAG_PEER2PEER)) == (FLAG_LIVE | FLAG_PEER2PEER);", ";"),
    ("migration.c", "if (count > PARAMETERS_MAX)", "if (0)"),
    ("migration.c", "if (type == TYPE_STRING && value.len == 0)", "if (0)"),
    ("migration.c", "? !is_disk(value) :", "? false :"),
    ("migration.c", "if (!finish && (out->xml.len == 0 || out->cookie.len == 0))", "if (0)"),
    ("migration.c", "if (!host_cut(&rest, &host) || !port_fits(rest))", "if (!host_cut(&rest, &host))"),
    ("migration.c", "migration->name.len == 0 || bytes_equal(migration->name, bytes_of(domain->name))", "1"),
    ("migration.c", "parameter == NULL || type != parameter->type", "parameter == NULL"),
    ("migration.c", "port >= PORT_FIRST && port <= PORT_LAST", "port <= PORT_LAST"),
    ("migration.c", " || !nul_cut(&out->cookie)", ""),
    ("migration.c", "if (!xdr_is_done(&xdr) || cancelled > 1", "if (cancelled > 1"),
    ("xdr.c", "xdr->spoiled = xdr->spoiled || padding[i] != '\\0';", ";"),
    ("xdr.c", "xdr->spoiled || len > xdr->rest.len", "xdr->spoiled"),
    ("verdict.c", "verdict.directions = config->scope.directions;", "verdict.directions = DIRECTION_RECEIVE | DIRECTION_SEND;"),
    ("verdict.c", "deny(*verdict, REASON_TOO_MANY_SESSIONS);", "*verdict;"),
    ("verdict.c", "*verdict = deny(*verdict, verdict->op == OP_SEND ? REASON_NOT_READABLE : REASON_NOT_WRITABLE);", ""),
    ("plan.c", "if ((directions & needed) == 0)", "if (0)"),
    ("plan.c", "if (plan->op != OP_SFTP)\n\t\treturn;", "return;"),
    ("plan.c", "ANCHOR_INSTANCES ? DIRECTION_RECEIVE : DIRECTION_SEND;", "ANCHOR_INSTANCES ? DIRECTION_SEND : DIRECTION_RECEIVE;"),
    ("plan.c", "plan->supervisor[1] = (struct grant){ ANCHOR_MIRROR_PARENT, RIGHT_REMOVE_DIR };", "plan->supervisor[1] = (struct grant){ ANCHOR_ROOT, RIGHT_REMOVE_DIR };"),
    ("plan.c", 'arg(plan, "--no-times");', ""),
    ("plan.c", 'arg(plan, "--omit-dir-times");', ""),
    ("list.c", "at += strspn(at, \" \\t\");", ""),
    ("list.c", "while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\\t'))\n\t\tlen--;", ""),
    ("list.c", "if (len >= VALUE_MAX)\n\t\tlen = 0;", "if (len >= VALUE_MAX)\n\t\tlen = VALUE_MAX - 1;"),
    ("list.c", "if (len >= VALUE_MAX)", "if (len > VALUE_MAX)"),
    ("list.c", "at[len] == ',' ? at + len + 1 : NULL", "at[len] == ',' && at[len + 1] != '\\0' ? at + len + 1 : NULL"),
    ("profile.def", 'NARROW("remote_filesystem_transport", transports, transports, 0, 0, subset)', 'NARROW("remote_filesystem_transport", transports, transports, 0, 0, bound)'),
    ("profile.def", 'idle_timeout, 0, 30 * 86400, no_more)', 'idle_timeout, 0, 30 * 86400, bound)'),
    ("profile.def", 'wall_time, 0, 30 * 86400, no_more)', 'wall_time, 0, 30 * 86400, bound)'),
    ("profile.def", 'memory, 0, INT64_MAX, no_more)', 'memory, 0, INT64_MAX, bound)'),
    ("profile.def", 'processes, 0, 4096, no_more)', 'processes, 0, 4096, bound)'),
    ("profile.def", 'file_size, 0, INT64_MAX, no_more)', 'file_size, 0, INT64_MAX, bound)'),
    ("profile.def", 'free_space, 0, INT64_MAX, no_less)', 'free_space, 0, INT64_MAX, bound)'),
    ("profile.def", 'free_space, 0, INT64_MAX, no_less)', 'free_space, 0, INT64_MAX, no_more)'),
    ("profile.def", 'profile_sessions, 0, SESSIONS_MAX, no_more)', 'profile_sessions, 0, SESSIONS_MAX, no_less)'),
    ("record.c", 'put_text(record, "\\\\u00");', 'put_text(record, "\\\\x");'),
    ("record.c", "plain_len(value, record->json);", "plain_len(value, false);"),
    ("record.c", "plain_len(value, record->json);", "plain_len(value, true);"),
    ("record.c", "room -= len;", ";"),
    ("record.c", "room -= escape;", ";"),
    ("config.c", "(*(const unsigned *)mine & ~*(const unsigned *)base) == 0", "true"),
    ("config.c", "return most == 0 || (value != 0 && value <= most);", "return most == 0 || value <= most;"),
    ("config.c", "return most == 0 || (value != 0 && value <= most);", "return value != 0 && value <= most;"),
    ("config.c", "return *(const int64_t *)mine >= *(const int64_t *)base;", "return *(const int64_t *)mine > *(const int64_t *)base;"),
    ("reason.c", "(unsigned)reason < REASON_COUNT", "(unsigned)reason <= REASON_COUNT"),
    ("reason.c", "reason != REASON_NONE && ", ""),
]


def form_lines():
    """(start, end, [arguments]) of each FORM row."""
    text = (SOURCE / "policy/forms.def").read_text()
    for found in re.finditer(r"^FORM\((.*?)\)$", text, re.M | re.S):
        parts = re.findall(r'\s*((?:"[^"]*"|\w+\([^)]*\)|[^,])+)', found.group(1))
        yield found.start(1), found.end(1), [part.strip() for part in parts]


def loosened(rules):
    """(what, rules) for each way to let one rule pass more, or less."""
    def put(i, *new):
        return rules[:i] + list(new) + rules[i + 1:]

    for i, rule in enumerate(rules):
        kind, _, text = rule.partition("(")
        text = text[:-1]
        if kind == "LIT":
            yield f"{rule} may be left out", put(i, f"MAYBE({text})")
            yield f"{rule} is any path", put(i, "PATH")
            yield f"{rule} never comes", put(i, 'LIT("never")')
        elif kind == "MAYBE":
            yield f"{rule} must be there", put(i, f"LIT({text})")
            yield f"{rule} must not be there", put(i)
            yield f"{rule} may come twice", put(i, rule, rule)
        elif kind == "CAPS":
            yield f"{rule} may have an s more", put(i, f'CAPS2({text}, {text[:-2]}se")')
            yield f"{rule} needs no letters", put(i, f'MAYBE({text[:-1]}.")')
        elif kind == "CAPS2":
            heads = text.split(", ")
            yield f"{rule} is never compressed", put(i, f"CAPS({heads[0]})")
            yield f"{rule} may have an l", put(i, f'CAPS2({heads[0]}, "-rlSze")')
        elif kind == "PATH":
            yield f"{rule} may have an option before it", put(i, 'MAYBE("--")', rule)
            yield f"{rule} may have another behind it", put(i, rule, rule)
        elif kind == "SUBSYSTEM":
            yield f"{rule} is any path", put(i, "PATH")
        elif rule == "OPTIONS":
            yield f"{rule} may not be there", put(i)
            yield f"{rule} may come twice", put(i, rule, rule)
    yield "a word more may follow", rules + ['MAYBE("-d")']


def roomy(table):
    """form.c with the table in it, and with room for a second word that is as long as the first."""
    return replaced("policy/form.c", ('#include "policy/forms.def"', table, "alternative[8]", "alternative[20]"))


def form_mutations():
    text = (SOURCE / "policy/forms.def").read_text()
    for start, end, parts in form_lines():
        name, ident, transport, op, access = parts[:5]

        def row(what, *new):
            table = text[:start] + ", ".join(new) + text[end:]
            if what.endswith("may have an s more"):
                return f"{ident}: {what}", "form.c", roomy(table), "form.c"
            return f"{ident}: {what}", "forms.def", table, "form.c"

        head = [name, ident, transport, op, access]
        for what, rules in loosened(parts[5:]):
            yield row(what, *head, *rules)
        other = "RSYNC" if transport == "SSH" else "SSH"
        yield row(f"transport is {other}", name, ident, other, op, access, *parts[5:])
        yield row("operation is another", name, ident, transport, OPS[OPS.index(op) - 1], access, *parts[5:])
        for new in ACCESSES:
            if new != access:
                yield row(f"access is {new}", name, ident, transport, op, new, *parts[5:])


# Of a name in plan.c, the rights that it must not have. EXECUTE is nobody's.
RIGHTS = "EXECUTE WRITE_FILE READ_FILE READ_DIR REMOVE_DIR REMOVE_FILE MAKE_DIR MAKE_REG TRUNCATE".split()
INCLUDED = {
    "RIGHTS_RECEIVE": "WRITE_FILE MAKE_REG MAKE_DIR TRUNCATE",
    "RIGHTS_RSYNC_RECEIVE": "WRITE_FILE MAKE_REG MAKE_DIR TRUNCATE READ_FILE REMOVE_FILE",
    "RIGHTS_SEND": "READ_FILE READ_DIR",
    "RIGHTS_EMPTY": "READ_DIR REMOVE_DIR REMOVE_FILE",
    "RIGHTS_MIRROR": "WRITE_FILE MAKE_REG MAKE_DIR TRUNCATE READ_FILE READ_DIR REMOVE_FILE REMOVE_DIR",
    "RIGHTS_STREAM_CREATE": "READ_FILE READ_DIR MAKE_DIR REMOVE_DIR MAKE_REG WRITE_FILE REMOVE_FILE",
    "RIGHTS_STREAM_REMOVE": "READ_FILE READ_DIR REMOVE_DIR REMOVE_FILE",
}


def right_rows():
    text = (SOURCE / "policy/plan.c").read_text()
    for number, found in enumerate(re.finditer(r"\{ (ANCHOR_\w+), ([^{}?]*RIGHT[^{}?]*) \}", text), 1):
        anchor, given = found.groups()
        has = set()
        for word in re.findall(r"RIGHTS?_\w+", given):
            has.update(INCLUDED[word].split() if word in INCLUDED else [word[len("RIGHT_"):]])
        line = text.count("\n", 0, found.start()) + 1
        for right in RIGHTS:
            if right in has:
                continue
            changed = "%s%s | RIGHT_%s%s" % (text[:found.start(2)], given, right, text[found.end(2):])
            yield Row("Landlock, grant %d (%s, %s)" % (number, anchor, shown(given)), "with %s (line %d)" % (right, line),
                      "policy/plan.c", changed, ("asan plan",))


# Of each column of op.def, what it can say.
OP_COLUMNS = {2: "ALWAYS UNLESS_PROBE NEVER", 3: "RECEIVE SEND BOTH", 4: "BRINGS REMOVES NEITHER", 5: "BUILTIN PROGRAM"}


def op_rows():
    text = (SOURCE / "policy/op.def").read_text()
    for found in re.finditer(r"^OP\((.*)\)$", text, re.M):
        parts = found.group(1).split(", ")
        for column, words in OP_COLUMNS.items():
            for word in words.split():
                if word != parts[column]:
                    changed = ", ".join(parts[:column] + [word] + parts[column + 1:])
                    yield Row("operation " + parts[0], "is %s instead of %s" % (word, parts[column]), "policy/op.def",
                              text[:found.start(1)] + changed + text[found.end(1):], judges("op.def"))


def judges(file):
    """The test of the file's own noun first, the long one last."""
    stem = pathlib.Path(file).stem.replace("profile", "config").replace("value", "config")
    stem = stem.replace("xdr", "rpc")
    return tuple("asan " + noun for noun in sorted(NOUNS, key=lambda noun: (noun != stem, noun == "form")))


def shown(text):
    return " ".join(text.split()) or "(nothing)"


def check_rows():
    for file, old, new in CHECKS:
        text = replaced("policy/" + file, (old, new))
        yield Row(file, "%s -> %s" % (shown(old), shown(new)), "policy/" + file, text, judges(file))


def form_rows():
    for what, file, text, unit in form_mutations():
        protection, change = what.split(": ", 1)
        yield Row("form " + protection, change, "policy/" + file, text, judges(unit))


def rows():
    yield from form_rows()
    yield from right_rows()
    yield from op_rows()
    yield from check_rows()
