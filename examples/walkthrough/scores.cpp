// Loads the network that walkthrough.py saved and prints the first scores of an image of ones.
#include <linkboy.hpp>

#include <cstdio>

int main(int argc, const char *argv[]) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: scores <resnet18.pt>\n");
        return 2;
    }
    try {
        linkboy::jit::Module module = linkboy::jit::load(argv[1]);
        linkboy::Tensor output = module.forward({linkboy::ones({1, 3, 224, 224})}).toTensor();
        for (int i = 0; i < 5; i++) std::printf("%.6f ", output.values<float>().at(i));
        std::printf("\n");
    } catch (const linkboy::Error &e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
