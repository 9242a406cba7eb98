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

static void print_bash_choices(const struct hub_ctl_option *options)
{
    for (; options->name != NULL; options++)
        if (options->choices != NULL)
            printf("        --%s=*) choices='%s' ;;\n", options->name,
                   options->choices);
}

static void print_bash(const struct hub_ctl_set *set)
{
    puts("# bash completion of websub-hub ctl\n"
         "_websub_hub()\n{\n"
         "    local cur=${COMP_LINE:0:COMP_POINT} command= words= choices= w\n"
         "    cur=${cur##*[[:space:]]}\n"
         "    COMPREPLY=()\n"
         "    [[ $COMP_CWORD -gt 1 && ${COMP_WORDS[1]} != ctl ]] && return\n"
         "    if [[ $COMP_CWORD -le 1 ]]; then\n"
         "        COMPREPLY=($(compgen -W ctl -- \"$cur\"))\n"
         "        return\n    fi\n"
         "    for w in \"${COMP_WORDS[@]:2:COMP_CWORD-2}\"; do\n"
         "        case $w in -*|=) ;; *) command=$w; break ;; esac\n"
         "    done\n"
         "    case $command in");
    for (const struct hub_ctl_command *c = set->commands; c->name != NULL;
         c++) {
        printf("    %s)\n        words='", c->name);
        print_bash_options(c->options);
        if (strchr(c->words, '|') != NULL) {
            putchar(' ');
            print_choices(c->words);
        }
        puts("'\n        case $cur in");
        print_bash_choices(c->options);
        puts("        esac ;;");
    }
    fputs("    '') words='", stdout);
    for (const struct hub_ctl_command *c = set->commands; c->name != NULL; c++)
        printf(" %s", c->name);
    puts("' ;;\n    esac");
    fputs("    words+='", stdout);
    print_bash_options(set->options);
    puts("'\n"
         "    if [[ -n $choices ]]; then\n"
         "        COMPREPLY=($(compgen -W \"$choices\" -- \"${cur#*=}\"))\n"
         "        return\n    fi\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
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
