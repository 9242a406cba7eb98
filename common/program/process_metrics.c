#include "common/program/process_metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/base/metrics.h"
#include "common/program/config_load.h"

static uint64_t started_ms; /* Unix */
static enum wsub_program running;

static uint64_t ms_of(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_usec / 1000;
}

static void give_cpu(struct wsub_metric_samples *samples, void *arg)
{
    struct rusage usage;

    (void)arg;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        wsub_metric_give(samples,
                         ms_of(usage.ru_utime) + ms_of(usage.ru_stime));
}

/* Pages of virtual and of resident memory; 0 when the kernel does not tell. */
static void read_pages(unsigned long pages[2])
{
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL ||
        fscanf(file, "%lu %lu", &pages[0], &pages[1]) != 2) /* NOLINT */
        pages[0] = pages[1] = 0;
    if (file != NULL)
        fclose(file);
}

static void give_memory(struct wsub_metric_samples *samples, void *arg)
{
    const size_t *which = arg;
    unsigned long pages[2];

    read_pages(pages);
    wsub_metric_give(samples,
                     (uint64_t)pages[*which] * (uint64_t)sysconf(_SC_PAGESIZE));
}

static void give_start(struct wsub_metric_samples *samples, void *arg)
{
    (void)arg;
    wsub_metric_give(samples, started_ms);
}

/* Without the one that counts them, and `.` and `..`. */
static void give_open_files(struct wsub_metric_samples *samples, void *arg)
{
    DIR *folder = opendir("/proc/self/fd");
    uint64_t count = 0;

    (void)arg;
    if (folder == NULL)
        return;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    wsub_metric_give(samples, count > 3 ? count - 3 : 0);
}

static void give_max_files(struct wsub_metric_samples *samples, void *arg)
{
    struct rlimit limit;

    (void)arg;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        wsub_metric_give(samples, (uint64_t)limit.rlim_cur);
}

static void give_build(struct wsub_metric_samples *samples, void *arg)
{
    (void)arg;
    wsub_metric_sample(samples, 1, "program=\"%s\",version=\"%s\"",
                       wsub_program_name(running), WSUB_VERSION);
}

static size_t virtual_pages = 0, resident_pages = 1;

static const struct wsub_metric_family families[] = {
    {"process_cpu_seconds_total", "Time that the process has computed",
     WSUB_COUNTER_MS, give_cpu, NULL},
    {"process_virtual_memory_bytes", "Addresses that the process has",
     WSUB_GAUGE, give_memory, &virtual_pages},
    {"process_resident_memory_bytes", "Memory that the process has", WSUB_GAUGE,
     give_memory, &resident_pages},
    {"process_start_time_seconds", "Unix time at which the process began",
     WSUB_GAUGE_MS, give_start, NULL},
    {"process_open_fds", "Descriptors that the process has open", WSUB_GAUGE,
     give_open_files, NULL},
    {"process_max_fds", "Descriptors that it may have open", WSUB_GAUGE,
     give_max_files, NULL},
    {"websubd_build_info", "1, with the program and its version", WSUB_GAUGE,
     give_build, NULL},
};

void wsub_process_metrics_register(enum wsub_program program)
{
    struct timespec now;

    running = program;
    clock_gettime(CLOCK_REALTIME, &now);
    started_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
        wsub_metrics_add_family(&families[i]);
}
