// The few calls of MPI that lra-train makes, behind an interface without types of MPI.
//
// Every MPI has its own types and library, so this is compiled where it is to run (`make mpi`) and opened
// by lra-train only when a launcher started more than one process. All calls are made by the thread
// that called lra_mpi_start. Errors inside MPI end all processes, as MPI does by default.

#include <mpi.h>
#include <stddef.h>
#include <stdint.h>

// MPI counts by int.
static const size_t largest_count = (size_t)1 << 30;

// Changed whenever a function below is.
int lra_mpi_interface(void) { return 2; }

// Starts MPI; tells this process's rank, how many there are, and how many on this machine.
int lra_mpi_start(int32_t *rank, int32_t *size, int32_t *local_size) {
  int provided = 0;
  if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) return 0;
  int values[3] = {0, 1, 1};
  MPI_Comm_rank(MPI_COMM_WORLD, &values[0]);
  MPI_Comm_size(MPI_COMM_WORLD, &values[1]);
  MPI_Comm machine;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  MPI_Comm_size(machine, &values[2]);
  MPI_Comm_free(&machine);
  *rank = values[0];
  *size = values[1];
  *local_size = values[2];
  return provided >= MPI_THREAD_FUNNELED;
}

static void sum(char *values, size_t count, size_t width, MPI_Datatype type) {
  for (size_t first = 0; first < count; first += largest_count) {
    size_t part = count - first < largest_count ? count - first : largest_count;
    MPI_Allreduce(MPI_IN_PLACE, values + first * width, (int)part, type, MPI_SUM, MPI_COMM_WORLD);
  }
}

// Replaces values by their sums over all ranks.
void lra_mpi_sum_floats(float *values, size_t count) {
  sum((char *)values, count, sizeof(float), MPI_FLOAT);
}

void lra_mpi_sum_doubles(double *values, size_t count) {
  sum((char *)values, count, sizeof(double), MPI_DOUBLE);
}

// Replaces bytes by those of one rank.
void lra_mpi_broadcast(void *bytes, size_t count, int32_t root) {
  for (size_t first = 0; first < count; first += largest_count) {
    size_t part = count - first < largest_count ? count - first : largest_count;
    MPI_Bcast((char *)bytes + first, (int)part, MPI_BYTE, root, MPI_COMM_WORLD);
  }
}

// Waits for all ranks and ends MPI.
void lra_mpi_finish(void) {
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Finalize();
}

// Ends all ranks.
void lra_mpi_abort(int32_t code) { MPI_Abort(MPI_COMM_WORLD, code); }
