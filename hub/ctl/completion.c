#include "hub/ctl/completion.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Bash: a case for each command. */

static void print_bash_options(const struct hub_ctl_option *options)
{
    for (; options->name != NULL; options++)
        printf(" --%s%s", options->name, options->value != NULL ? "=" : "");
}

/* "a|b" of a command's words is what may stand there. */
static void print_choices(const char *words)
{
    for (; *words != '\0'; words++)
        if (*words != '[' && *words != ']')
            putchar(*words == '|' ? ' ' : *words);
}

static bool takes_file(const char *value)
{
    return strstr(value, "FILE") != NULL;
}

/* A case for each option with a value, of "COMMAND --OPTION"; of any command where
 * `command` is NULL. */
static void print_bash_values(const char *command,
                              const struct hub_ctl_option *options)
{
    for (; options->name != NULL; options++) {
        if (options->value == NULL)
            continue;
        printf("    %s'%s --%s') valued=1", command == NULL ? "*" : "",
               command != NULL ? command : "", options->name);
        if (options->choices != NULL)
            printf(" choices='%s'", options->choices);
        else if (takes_file(options->value))
            fputs(" files=1", stdout);
        puts(" ;;");
    }
}

/* Says of $1, "COMMAND --OPTION", whether it takes a value, and which. */
static void print_bash_valued(const struct hub_ctl_set *set)
{
    puts("_websub_hub_value()\n{\n"
         "    valued= choices= files=\n"
         "    case $1 in");
    print_bash_values(NULL, set->options);
    for (const struct hub_ctl_command *c = set->commands; c->name != NULL; c++)
        print_bash_values(c->name, c->options);
    puts("    esac\n}");
}

static void print_bash_commands(const struct hub_ctl_set *set)
{
    puts("        case $command in");
    for (const struct hub_ctl_command *c = set->commands; c->name != NULL;
         c++) {
        printf("        %s) options='", c->name);
        print_bash_options(c->options);
        putchar('\'');
        if (strchr(c->words, '|') != NULL) {
            fputs(" choices='", stdout);
            print_choices(c->words);
            putchar('\'');
        } else if (takes_file(c->words)) {
            fputs(" files=1", stdout);
        }
        puts(" ;;");
    }
    fputs("        '') choices='", stdout);
    for (const struct hub_ctl_command *c = set->commands; c->name != NULL; c++)
        printf("%s%s", c == set->commands ? "" : " ", c->name);
    puts("' ;;\n        esac");
    fputs("        options+='", stdout);
    print_bash_options(set->options);
    puts("'");
}

/* COMP_WORDS is divided at ':' and '=' too; the words of the line are put together
 * again, the last one up to the cursor. */
static void print_bash_words(void)
{
    puts("_websub_hub_words()\n{\n"
         "    local line=${COMP_LINE:0:COMP_POINT} w\n"
         "    words=()\n"
         "    for w in \"${COMP_WORDS[@]:0:COMP_CWORD}\" ''; do\n"
         "        if [[ ${#words[@]} -eq 0 || $line == [[:space:]]* ]]; then\n"
         "            line=${line#\"${line%%[![:space:]]*}\"}\n"
         "            words+=('')\n"
         "        fi\n"
         "        words[-1]+=$w\n"
         "        line=${line#\"$w\"}\n"
         "    done\n"
         "    words[-1]+=$line\n}");
}

/* Says which command the words have, which option waits for its value, and whether
 * "--" has ended the options. */
static void print_bash_reading(void)
{
    puts("    for w in \"${words[@]:2:${#words[@]}-3}\"; do\n"
         "        if [[ -n $option ]]; then\n"
         "            option=\n"
         "        elif [[ -n $ended || $w != --* ]]; then\n"
         "            [[ -n $command ]] || command=$w\n"
         "        elif [[ $w == -- ]]; then\n"
         "            ended=1\n"
         "        else\n"
         "            _websub_hub_value \"$command $w\"\n"
         "            [[ -z $valued ]] || option=$w\n"
         "        fi\n"
         "    done");
}

static void print_bash(const struct hub_ctl_set *set)
{
    puts("# bash completion of websub-hub ctl");
    print_bash_valued(set);
    print_bash_words();
    puts("_websub_hub()\n{\n"
         "    local words last w command= option= ended=\n"
         "    local valued choices files options\n"
         "    _websub_hub_words\n"
         "    last=${words[-1]}\n"
         "    COMPREPLY=()\n"
         "    if [[ ${#words[@]} -le 2 ]]; then\n"
         "        COMPREPLY=($(compgen -W ctl -- \"$last\"))\n"
         "        return\n"
         "    fi\n"
         "    [[ ${words[1]} == ctl ]] || return");
    print_bash_reading();
    puts("    valued= choices= files= options=\n"
         "    if [[ -n $option ]]; then\n"
         "        _websub_hub_value \"$command $option\"\n"
         "    elif [[ -z $ended && $last == --*=* ]]; then\n"
         "        _websub_hub_value \"$command ${last%%=*}\"\n"
         "        last=${last#*=}\n"
         "    else");
    print_bash_commands(set);
    puts("    fi\n"
         "    [[ -z $ended ]] || options=\n"
         "    COMPREPLY=($(compgen -W \"$choices $options\" -- \"$last\"))\n"
         "    if [[ -n $files && $last != --* ]]; then\n"
         "        compopt -o filenames\n"
         "        mapfile -t COMPREPLY < <(compgen -f -- \"$last\")\n"
         "    fi\n"
         "    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] &&\n"
         "        compopt -o nospace\n"
         "}\n"
         "complete -F _websub_hub websub-hub");
}

/* Zsh: descriptions beside the names. */

/* Within single quotes, for _arguments and _describe. */
static void print_zsh_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr(":[]'\\", *text) != NULL)
            putchar(' ');
        else
            putchar(*text);
    }
}

static void print_zsh_option(const struct hub_ctl_option *option)
{
    printf(" '--%s%s[", option->name, option->value != NULL ? "=" : "");
    print_zsh_text(option->help);
    putchar(']');
    if (option->choices != NULL)
        printf(":%s:(%s)", option->value, option->choices);
    else if (option->value != NULL)
        printf(":%s:%s", option->value,
               takes_file(option->value) ? "_files" : "");
    putchar('\'');
}

static void print_zsh_options(const struct hub_ctl_option *options)
{
    for (; options->name != NULL; options++)
        print_zsh_option(options);
}

static void print_zsh_command(const struct hub_ctl_command *command,
                              const struct hub_ctl_option *common)
{
    printf("    %s) _arguments -S", command->name);
    print_zsh_options(command->options);
    print_zsh_options(common);
    if (strchr(command->words, '|') != NULL) {
        fputs(" '1:word:(", stdout);
        print_choices(command->words);
        fputs(")'", stdout);
    } else if (takes_file(command->words)) {
        fputs(" '1:file:_files'", stdout);
    }
    puts(" ;;");
}

/* _arguments takes the first word for the command whose options it is given: first
 * that is ctl, then, behind '*::', the command of ctl. */
static void print_zsh(const struct hub_ctl_set *set)
{
    puts("#compdef websub-hub\n"
         "_websub_hub()\n{\n"
         "    local context state state_descr line curcontext=$curcontext\n"
         "    local -a commands\n"
         "    local -A opt_args\n"
         "    if (( CURRENT == 2 )); then\n"
         "        compadd ctl\n"
         "        return\n    fi\n"
         "    [[ $words[2] == ctl ]] || return\n"
         "    shift words\n"
         "    (( CURRENT-- ))");
    fputs("    _arguments -C -S", stdout);
    print_zsh_options(set->options);
    puts(" '1:command:->command' '*::word:->words' && return");
    puts("    if [[ $state == command ]]; then\n"
         "        commands=(");
    for (const struct hub_ctl_command *c = set->commands; c->name != NULL;
         c++) {
        printf("        '%s:", c->name);
        print_zsh_text(c->summary);
        puts("'");
    }
    puts("        )\n"
         "        _describe command commands\n"
         "        return\n"
         "    fi\n"
         "    [[ $state == words ]] || return\n"
         "    case $words[1] in");
    for (const struct hub_ctl_command *c = set->commands; c->name != NULL; c++)
        print_zsh_command(c, set->options);
    puts("    esac\n}\n"
         "# A function when the file is in a folder of fpath, else sourced.\n"
         "if [[ $zsh_eval_context[-1] == (loadautofunc|shfunc) ]]; then\n"
         "    _websub_hub \"$@\"\n"
         "else\n"
         "    compdef _websub_hub websub-hub\n"
         "fi");
}

enum hub_ctl_exit hub_ctl_completion(struct hub_ctl *ctl)
{
    if (strcmp(ctl->words[0], "bash") == 0) {
        print_bash(ctl->set);
    } else if (strcmp(ctl->words[0], "zsh") == 0) {
        print_zsh(ctl->set);
    } else {
        fputs("websub-hub ctl: there are completions for bash and zsh.\n",
              stderr);
        return HUB_CTL_USAGE;
    }
    return HUB_CTL_DONE;
}
